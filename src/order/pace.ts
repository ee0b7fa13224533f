/**
 * Thins frames to a highest rate by their own time. Returns whether the frame at `timeMs` is due.
 * The schedule is kept, not the distance between two frames: 30 fps thinned to 20 gives 20, not 15.
 */
export function pace(maxFps: number | null): (timeMs: number) => boolean {
  if (maxFps === null) return () => true;
  const periodMs = 1000 / maxFps;
  let nextMs = -Infinity;
  return (timeMs) => {
    if (timeMs < nextMs - TOLERANCE_MS && timeMs > nextMs - 2 * periodMs) return false;
    // A jump (the first frame, a seek, a loop) starts the schedule anew.
    nextMs = timeMs - nextMs > periodMs || timeMs < nextMs - TOLERANCE_MS ? timeMs + periodMs : nextMs + periodMs;
    return true;
  };
}

/** Time stamps of 29.97 fps in a 1 ms time base are off by up to half a millisecond. */
const TOLERANCE_MS = 0.6;
