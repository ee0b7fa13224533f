import type { Sketch } from "./sketch.js";

/** A gap of the recording that is longer is played as one of this length, ms. */
export const LONGEST_GAP_MS = 5000;

/**
 * The time of one log, which never goes back, ms since 1970. Frames of a stream are captured one after another: where a
 * stream's capturedAt goes back, the clock was set back, and its time goes on from where it was. Streams that lie together
 * in a log may be out of order by what their frames took: those are played at once.
 */
export interface LogTime {
  readonly nowMs: number;
  /** For each stream what was added to its clock, and its last capturedAt. */
  readonly streams: ReadonlyMap<string, { readonly addedMs: number; readonly lastMs: number }>;
}

/** Before the first frame. */
export const NO_TIME: LogTime = { nowMs: -Infinity, streams: new Map() };

/** Follows the times of a log from where it was left. */
export function logClock(from: LogTime) {
  let { nowMs } = from;
  const streams = new Map(from.streams);
  return {
    /** The time of the next record. The same one again changes nothing. */
    follow({ frame }: Sketch): number {
      if (frame === null) return nowMs;
      const { addedMs = 0, lastMs = frame.capturedMs } = streams.get(frame.stream) ?? {};
      const added = addedMs + Math.max(0, lastMs - frame.capturedMs);
      streams.set(frame.stream, { addedMs: added, lastMs: frame.capturedMs });
      nowMs = Math.max(nowMs, frame.capturedMs + added);
      return nowMs;
    },
    state: (): LogTime => ({ nowMs, streams: new Map(streams) }),
  };
}

/** Where playing time is: what was played last, and when. */
export interface PlayTime {
  readonly logMs: number;
  readonly playMs: number;
}

/** Nothing is played yet. */
export const AT_BEGIN: PlayTime = { logMs: -Infinity, playMs: 0 };

/** Goes on to a moment of the log; a long gap is shortened. Says by how much, ms. */
export function goOn({ logMs, playMs }: PlayTime, nextMs: number, isAfterEmpty: boolean): PlayTime & { readonly leftOutMs: number } {
  if (nextMs === -Infinity) return { logMs, playMs, leftOutMs: 0 };
  if (logMs === -Infinity) return { logMs: nextMs, playMs, leftOutMs: 0 };
  const gapMs = Math.max(0, nextMs - logMs);
  const playedMs = isAfterEmpty ? gapMs : Math.min(gapMs, LONGEST_GAP_MS);
  return { logMs: Math.max(logMs, nextMs), playMs: playMs + playedMs, leftOutMs: gapMs - playedMs };
}
