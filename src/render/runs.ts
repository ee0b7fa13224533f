import type { FrameRecord } from "../wire/index.js";

/** One time that a stream's clip was played, as the log has it. */
export interface ClipRun {
  /** From 1, for each stream. */
  readonly number: number;
  /** Number of the clip's first frame in the log; null = unknown, since the numbers went on from an earlier run. */
  readonly base: number | null;
}

/**
 * Which run each frame record belongs to. A stream's numbers only rise: where they fall, a later program counted from 0
 * again. Where the epoch and the media time begin anew, but the numbers go on, the clip was begun again.
 */
export function runTracker(): (record: FrameRecord) => ClipRun {
  const streams = new Map<string, { run: ClipRun; frame: number; epoch: number; ptsMs: number | null }>();
  return ({ stream, frame, epoch, ptsMs }) => {
    const last = streams.get(stream);
    let run = last?.run ?? { number: 1, base: 0 };
    if (last && frame <= last.frame) run = { number: run.number + 1, base: 0 };
    else if (last && epoch !== last.epoch && ptsMs !== null && last.ptsMs !== null && ptsMs <= last.ptsMs) run = { number: run.number + 1, base: null };
    streams.set(stream, { run, frame, epoch, ptsMs });
    return run;
  };
}
