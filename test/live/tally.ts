/** Durations counted by the millisecond: an hour's worth takes no more room than a minute's. */
export interface DurationTally {
  add(durationMs: number): void;
  readonly count: number;
  /** The duration that a share (0 to 1) of all does not exceed, ms, rounded up; NaN when there are none. */
  percentile(share: number): number;
}

/** Longer ones count as this, ms. */
const LONGEST_MS = 60_000;

/** Starts at none. */
export function durationTally(): DurationTally {
  const counts = new Uint32Array(LONGEST_MS + 1);
  let count = 0;
  return {
    add(durationMs) {
      counts[Math.min(LONGEST_MS, Math.max(0, Math.ceil(durationMs)))]! += 1;
      count += 1;
    },
    get count() {
      return count;
    },
    percentile(share) {
      if (count === 0) return NaN;
      let left = Math.max(1, Math.ceil(share * count));
      return counts.findIndex((n) => (left -= n) <= 0);
    },
  };
}

/** The middle one of some numbers; NaN for none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
