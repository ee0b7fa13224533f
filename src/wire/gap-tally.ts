import { timeOfDay } from "./make.js";
import { RECORD_VERSION } from "./common.js";
import type { FrameRecord, GapRecord } from "./records.js";

interface Lost {
  epoch: number;
  fromFrame: number;
  toFrame: number;
  records: number;
}

/** Counts the frame records that one reader lost, until they are announced to it. Holds one entry a stream. */
export interface GapTally {
  /** The record was not delivered. */
  lose(record: FrameRecord): void;
  /** The gap to announce before the stream's next record, or undefined. Asking clears it. `atMs`: wall clock. */
  take(stream: string, atMs: number): GapRecord | undefined;
  /** Streams with a gap not announced yet. */
  streams(): string[];
}

/** Makes an empty tally; `cause` says who was too slow. */
export function gapTally(cause: GapRecord["cause"]): GapTally {
  const lost = new Map<string, Lost>();
  return {
    lose({ stream, epoch, frame }) {
      const entry = lost.get(stream);
      if (!entry) {
        lost.set(stream, { epoch, fromFrame: frame, toFrame: frame, records: 1 });
        return;
      }
      entry.epoch = epoch;
      entry.toFrame = frame;
      entry.records += 1;
    },
    take(stream, atMs) {
      const entry = lost.get(stream);
      if (!entry) return undefined;
      lost.delete(stream);
      return { v: RECORD_VERSION, type: "gap", stream, ...entry, cause, at: timeOfDay(atMs) };
    },
    streams: () => [...lost.keys()],
  };
}
