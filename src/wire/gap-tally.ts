import { lostFramesTally } from "../core/lost-frames.js";
import { timeOfDay } from "./make.js";
import { RECORD_VERSION } from "./common.js";
import type { FrameRecord, GapRecord } from "./records.js";

/** Counts the frame records that one reader lost, until they are announced to it. Holds one entry a stream. */
export interface GapTally {
  /** The record was not delivered; of a gap, what it told is lost still. `why` where it is not the usual cause; the first counts. */
  lose(record: FrameRecord | GapRecord, why?: GapRecord["cause"]): void;
  /** The gap to announce before the stream's next record, or undefined. Asking clears it. `atMs`: wall clock. */
  take(stream: string, atMs: number): GapRecord | undefined;
  /** Streams with a gap not announced yet. */
  streams(): string[];
}

/** Makes an empty tally; `cause` says who was too slow. */
export function gapTally(cause: GapRecord["cause"]): GapTally {
  const lost = lostFramesTally();
  const causes = new Map<string, GapRecord["cause"]>();
  return {
    lose(record, why = cause) {
      const { stream, epoch } = record;
      const frames = record.type === "gap" ? record : { fromFrame: record.frame, toFrame: record.frame, records: 1 };
      if (!causes.has(stream)) causes.set(stream, why);
      lost.lose(stream, { epoch, fromFrame: frames.fromFrame, toFrame: frames.toFrame, records: frames.records });
    },
    take(stream, atMs) {
      const frames = lost.take(stream);
      if (!frames) return undefined;
      const why = causes.get(stream) ?? cause;
      causes.delete(stream);
      return { v: RECORD_VERSION, type: "gap", stream, ...frames, cause: why, at: timeOfDay(atMs) };
    },
    streams: () => lost.streams(),
  };
}
