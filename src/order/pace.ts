/** Time stamps of 29.97 fps in a 1 ms time base are off by up to half a millisecond. */
const TOLERANCE_MS = 0.6;
/** Weight of the newest step in the estimate of a frame's period: a second or so of frames. */
const SMOOTHING = 0.05;

/** Whether the frame at `timeMs` is due; asked once for each frame, in their order. Of those near a place one that is preferred is taken. */
export type Pace = (timeMs: number, isPreferred?: boolean) => boolean;

/**
 * Thins frames to a highest rate by their own time.
 *
 * Credit: a schedule with one place each `1000 / maxFps` ms is kept, whatever the gaps, so 30 fps thinned to 25 gives 25 and
 * not 15. A frame may take its place up to a frame's period early when the gap behind it is the nearest to the wanted one:
 *
 *   frames    |    |    |    |    |    |    |    |        30 to 20: every gap is one frame or two,
 *   schedule  ^      ^      ^      ^      ^      ^        whichever side of a place jitter puts a frame on
 *   due       |         |    |         |    |
 *
 * Where preferred frames come, a place waits for one from half a place before to half a place after its time.
 */
export function pace(maxFps: number | null): Pace {
  if (maxFps === null) return () => true;
  const periodMs = 1000 / maxFps;
  let placeMs = -Infinity;
  let lastDueMs = -Infinity;
  let lastMs: number | undefined;
  let lastPreferredMs = -Infinity;
  /** The source's period, at most the wanted one: where frames are further apart there is nothing to thin. 0 until it is known. */
  let frameMs = 0;

  function follow(timeMs: number): void {
    const stepMs = lastMs === undefined ? 0 : timeMs - lastMs;
    lastMs = timeMs;
    if (stepMs < 0) {
      // A jump back (a seek, a loop, a new connection): what was left to wait is still to be waited.
      placeMs += stepMs - frameMs;
      lastDueMs += stepMs - frameMs;
    } else if (stepMs > 0) {
      const knownMs = Math.min(stepMs, periodMs);
      frameMs = frameMs === 0 ? knownMs : frameMs + (knownMs - frameMs) * SMOOTHING;
    }
  }

  return (timeMs, isPreferred = false) => {
    follow(timeMs);
    if (isPreferred) lastPreferredMs = timeMs;
    const hasChoice = Math.abs(timeMs - lastPreferredMs) < 2 * periodMs;
    // Not beyond what is left out anyhow: where there is nothing to thin, nothing waits.
    const choiceMs = hasChoice ? Math.min(periodMs / 2, periodMs - frameMs) : 0;
    const earlyMs = placeMs - timeMs;
    const aheadMs = lastDueMs + periodMs - timeMs;
    const isNearest = choiceMs === 0 && aheadMs <= frameMs / 2 && earlyMs <= 1.5 * frameMs - aheadMs;
    if (earlyMs > TOLERANCE_MS + (isPreferred ? choiceMs : -choiceMs) && !isNearest) return false;
    // After a pause (or at the first frame) the schedule starts anew: nobody catches up.
    placeMs = -earlyMs > 1.5 * frameMs + TOLERANCE_MS + choiceMs ? timeMs + periodMs : placeMs + periodMs;
    lastDueMs = timeMs;
    return true;
  };
}
