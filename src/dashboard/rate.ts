/** How often something happened in the last seconds. */
export interface Rate {
  tick(nowMs: number): void;
  /** Times a second; 0 when it has not happened lately. */
  perSecond(nowMs: number): number;
}

const WINDOW_MS = 3000;
const MOST_TICKS = 1000;

/** Counts over a sliding window of 3 s. Times are of one clock, ms. */
export function rate(): Rate {
  let ticks: number[] = [];
  let startedMs: number | undefined;
  return {
    tick(nowMs) {
      startedMs ??= nowMs;
      ticks.push(nowMs);
      if (ticks.length > MOST_TICKS) ticks.shift();
    },
    perSecond(nowMs) {
      ticks = ticks.filter((at) => at > nowMs - WINDOW_MS);
      // A page that has just been opened has not seen a whole window.
      const spanMs = Math.min(WINDOW_MS, Math.max(1000, nowMs - (startedMs ?? nowMs)));
      return (ticks.length * 1000) / spanMs;
    },
  };
}
