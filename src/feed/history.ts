import type { FrameRecord } from "../wire/index.js";
import type { FeedLimits } from "./limits.js";
import type { TextMessage } from "./message.js";

/** A frame record as the feed keeps it. */
export interface KeptFrame {
  /** Counted over all streams: a place in the order in which everything was published. */
  readonly seq: number;
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  /** The whole record, unfiltered. */
  readonly message: TextMessage;
}

/** Where a reader stands in a stream: its last frame, or its last place in the order of all. */
export type Position = { readonly frame: number; readonly epoch: number } | { readonly seq: number };

/** What a reader has missed: what is still here, and what no longer is. */
export interface MissedFrames {
  readonly gone: Pick<FrameRecord, "epoch"> & { readonly fromFrame: number; readonly toFrame: number; readonly records: number } | undefined;
  readonly kept: readonly KeptFrame[];
}

const NOTHING: MissedFrames = { gone: undefined, kept: [] };
/** Frames that are gone and whose numbers are still known, so that a gap can be told to the record. */
const REMEMBERED = 1024;

interface Gone {
  readonly seq: number;
  readonly epoch: number;
  readonly frame: number;
}

/** The newest frame records of one stream, bounded in number and bytes. */
export interface History {
  push(frame: KeptFrame): void;
  /** Everything after a position, in order. Nothing for a position that this stream has not reached: it is of another life of the program. */
  after(position: Position): MissedFrames;
  find(epoch: number, frame: number): KeptFrame | undefined;
  readonly newest: KeptFrame | undefined;
}

/** Makes an empty history. */
export function openHistory({ historyFrames, historyBytes }: Pick<FeedLimits, "historyFrames" | "historyBytes">): History {
  const kept: KeptFrame[] = [];
  const gone: Gone[] = [];
  let bytes = 0;
  let goneInAll = 0;
  let newest: KeptFrame | undefined;

  const forgetOldest = (): void => {
    const { seq, epoch, frame, message } = kept.shift()!;
    bytes -= message.bytes("socket").length;
    goneInAll += 1;
    gone.push({ seq, epoch, frame });
    if (gone.length > REMEMBERED) gone.shift();
  };
  const goneAfter = (position: Position): MissedFrames["gone"] => {
    const lost = gone.filter((one) => isAfter(one, position));
    const [first, last] = [lost[0], lost.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const { epoch, frame: toFrame } = last;
    const isExact = lost.length < gone.length || gone.length === goneInAll;
    if (isExact) return { epoch, fromFrame: first.frame, toFrame, records: lost.length };
    const fromFrame = "frame" in position ? position.frame + 1 : 0;
    return { epoch, fromFrame, toFrame, records: Math.min(goneInAll, toFrame - fromFrame + 1) };
  };
  return {
    push(frame) {
      newest = frame;
      kept.push(frame);
      bytes += frame.message.bytes("socket").length;
      while (kept.length > historyFrames || (bytes > historyBytes && kept.length > 0)) forgetOldest();
    },
    after(position) {
      if (newest === undefined || !isReached(newest, position)) return NOTHING;
      return { gone: goneAfter(position), kept: kept.filter((one) => isAfter(one, position)) };
    },
    find: (epoch, frame) => kept.findLast((one) => one.frame === frame && one.epoch === epoch),
    get newest() {
      return newest;
    },
  };
}

const isAfter = ({ seq, frame }: Gone, position: Position): boolean => ("frame" in position ? frame > position.frame : seq > position.seq);

const isReached = (newest: KeptFrame, position: Position): boolean =>
  !("frame" in position) || (position.frame <= newest.frame && position.epoch <= newest.epoch);
