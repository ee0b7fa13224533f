import { basename, dirname, join } from "node:path";
import { invariant } from "../core/invariant.js";
import { readLines, type LogFile, type LogTrouble, type ReadOptions } from "../log/index.js";
import { sketch, type Sketch } from "./sketch.js";
import { AT_BEGIN, goOn, logClock, NO_TIME, type LogTime, type PlayTime } from "./times.js";

/** A record on its way to be played. */
export interface Entry extends Sketch {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Counted from 0 over the whole replay, in the order of playing. */
  readonly number: number;
  /** Playing time, ms from the begin. Never falls. */
  readonly playMs: number;
  /** By how much the gap before it was shortened, ms. */
  readonly leftOutMs: number;
}

/** A place from which everything can be read on: that before one entry. */
export interface Place {
  readonly number: number;
  readonly time: PlayTime;
  readonly logs: readonly LogPlace[];
}

/** Where the next record of one log lies. */
interface LogPlace {
  /** Index of its file; beyond the last one when there is none. */
  readonly file: number;
  readonly atBytes: number;
  readonly line: number;
  readonly time: LogTime;
}

/** Entries in the order in which they are played. */
export interface Entries {
  /** The next one, which stays until it is taken. */
  peek(): Promise<Entry | undefined>;
  /** Goes on behind it. Only after `peek` has given one. */
  take(): void;
  /** The place before the next entry. Only after `peek` has settled. */
  place(): Place;
  /** Ends reading. */
  close(): void;
}

/** How logs are read. */
export interface EntryOptions extends Pick<ReadOptions, "parquetLines"> {
  readonly onTrouble?: (trouble: LogTrouble) => void;
  /** Frames of other streams are left out, and told. */
  readonly only?: string | undefined;
  readonly onOther?: (stream: string) => void;
}

/** The part of a file's name that its log's closed parts share. */
const PART = /\.\d{4}-\d\d-\d\d(?:T\d\d)?(?:\.\d+)?(?=\.|$)|\.(?:gz|zst|parquet|jsonl|ndjson)$/g;

/** Files of the same log, in their order. */
export function logsOf(files: readonly LogFile[]): LogFile[][] {
  const logs = new Map<string, LogFile[]>();
  for (const file of files) {
    let name = basename(file.path);
    for (let before = ""; before !== name; ) [before, name] = [name, name.replaceAll(PART, "")];
    const key = join(dirname(file.path), name);
    logs.set(key, [...(logs.get(key) ?? []), file]);
  }
  return [...logs.values()];
}

/** Before everything. */
export const beginOf = (logs: readonly (readonly LogFile[])[]): Place => ({
  number: 0, time: AT_BEGIN, logs: logs.map(() => ({ file: 0, atBytes: 0, line: 0, time: NO_TIME })),
});

/** The next record of one log. */
interface Head {
  readonly sketch: Sketch;
  readonly path: string;
  readonly line: number;
  readonly logMs: number;
  readonly place: () => LogPlace;
}

/**
 * Reads logs from a place on, together: the record with the earliest time is next, and within a log none passes another.
 * Of each log one record and what its file was read ahead is in memory.
 */
export function openEntries(logs: readonly (readonly LogFile[])[], from: Place, options: EntryOptions): Entries {
  const readers = logs.map((files, i) => headsOf(files, from.logs[i]!, options));
  let heads: Promise<(Head | undefined)[]> | undefined;
  let { number, time } = from;
  let next: Promise<Entry | undefined> | undefined;
  let settled: readonly (Head | undefined)[] = [];
  let found: { at: number; time: PlayTime } | undefined;

  const head = async (reader: AsyncIterator<Head, undefined>): Promise<Head | undefined> => (await reader.next()).value;
  const find = async (): Promise<Entry | undefined> => {
    settled = await (heads ??= Promise.all(readers.map(head)));
    const at = earliest(settled);
    const first = at === undefined ? undefined : settled[at];
    if (at === undefined || !first) return undefined;
    const { text, frame } = first.sketch;
    const reached = goOn(time, first.logMs, frame?.isAfterEmpty ?? false);
    found = { at, time: reached };
    return { text, frame, path: first.path, line: first.line, number, playMs: reached.playMs, leftOutMs: reached.leftOutMs };
  };
  return {
    peek: () => (next ??= find()),
    take() {
      invariant(found !== undefined, "an entry is taken after it was looked at");
      const { at } = found;
      const before = settled;
      number += 1;
      ({ time } = found);
      next = found = undefined;
      heads = head(readers[at]!).then((fresh) => (before.length === 1 ? [fresh] : before.with(at, fresh)));
      // Whoever looks next hears of it.
      heads.catch(() => undefined);
    },
    place: () => ({ number, time, logs: logs.map((files, i) => settled[i]?.place() ?? { file: files.length, atBytes: 0, line: 0, time: NO_TIME }) }),
    close: () => readers.forEach((reader) => void reader.return(undefined)),
  };
}

/** Which of the heads is played first; of equal ones that of the first log. */
function earliest(heads: readonly (Head | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const [i, head] of heads.entries()) if (head && (found === undefined || head.logMs < heads[found]!.logMs)) found = i;
  return found;
}

async function* headsOf(files: readonly LogFile[], from: LogPlace, options: EntryOptions): AsyncGenerator<Head, undefined, undefined> {
  const { onTrouble = () => undefined, parquetLines, only, onOther } = options;
  const clock = logClock(from.time);
  for (let index = from.file; index < files.length; index += 1) {
    const file = files[index]!;
    const isFirst = index === from.file;
    // Parquet has lines but no bytes to begin at: what lies before is read and left out.
    const [fromBytes, linesBefore, without] = isFirst ? [from.atBytes, file.kind === "parquet" ? 0 : Math.max(0, from.line - 1), file.kind === "parquet" ? from.line : 0] : [0, 0, 0];
    for await (const { record, path, line: counted, atBytes } of readLines([file], sketch, { onTrouble, fromBytes, ...(parquetLines && { parquetLines }) })) {
      const line = counted + linesBefore;
      if (line < without) continue;
      if (only !== undefined && record.frame !== null && record.frame.stream !== only) {
        onOther?.(record.frame.stream);
        continue;
      }
      const logMs = clock.follow(record);
      const time = clock.state;
      yield { sketch: record, path, line, logMs, place: () => ({ file: index, atBytes, line, time: time() }) };
    }
  }
  return undefined;
}
