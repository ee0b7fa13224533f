import type { LogTrouble } from "../log/index.js";
import { parseRecord, type FrameRecord, type WireRecord } from "../wire/index.js";
import type { Entry } from "./entries.js";

/** Who sees the records. */
export interface Audience {
  /** A record, with its line as it stands in the log. */
  record(record: WireRecord, line: string): void;
  /** A line that turned out to be no record. */
  trouble(trouble: LogTrouble): void;
  /** Frame numbers of a stream are about to fall: the log holds another run of it. */
  beginsAnew(): void;
}

/** What was shown last. */
export interface Shown {
  /** Shows an entry. */
  show(entry: Entry): void;
  /** What comes next is of another place. */
  forget(): void;
  /** Number of the last frame's entry, of a stream or of all; undefined when none was shown since `forget`. */
  numberOf(stream: string | undefined): number | undefined;
  /** capturedAt of the last frame. */
  readonly at: string | null;
  /** Entries shown so far. */
  readonly count: number;
}

/** Makes it. `only`: records of other streams are not shown. */
export function whatIsShown(audience: Audience, only: string | undefined): Shown {
  const last = new Map<string, Pick<FrameRecord, "epoch" | "frame">>();
  const numbers = new Map<string | undefined, number>();
  const forget = (): void => {
    last.clear();
    numbers.clear();
  };
  let at: string | null = null;
  let count = 0;
  const frame = (record: FrameRecord, number: number): void => {
    const { stream, epoch, frame: frameNumber, capturedAt } = record;
    const before = last.get(stream);
    if (before && (frameNumber <= before.frame || epoch < before.epoch)) {
      forget();
      audience.beginsAnew();
    }
    last.set(stream, { epoch, frame: frameNumber });
    numbers.set(stream, number).set(undefined, number);
    at = capturedAt;
  };
  return {
    show({ text, path, line, number }) {
      const read = parseRecord(text);
      if ("problem" in read) return audience.trouble({ path, line, message: read.problem });
      const { record } = read;
      if (only !== undefined && record.stream !== only) return;
      if (record.type === "frame") frame(record, number);
      count += 1;
      audience.record(record, text);
    },
    forget,
    numberOf: (stream) => numbers.get(stream),
    get at() {
      return at;
    },
    get count() {
      return count;
    },
  };
}
