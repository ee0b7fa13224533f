import type { FrameRecord } from "../wire/index.js";

/** Objects in view over the last minutes, by label. */
export interface Timeline {
  record(record: FrameRecord, nowMs: number): void;
  /** Middles of the buckets, s since 1970, and for each of the most frequent labels the mean number in view; null = no frame. */
  series(nowMs: number): TimelineSeries;
}

/** What a chart needs. */
export interface TimelineSeries {
  readonly timesS: readonly number[];
  readonly labels: readonly string[];
  readonly values: readonly (readonly (number | null)[])[];
}

/** Five minutes. */
export const BUCKETS = 100;
const BUCKET_MS = 3000;
const MOST_LABELS = 6;

interface Bucket {
  readonly index: number;
  frames: number;
  readonly seen: Map<string, number>;
}

/** Makes an empty timeline; all times are of the wall clock, ms since 1970. Holds BUCKETS buckets. */
export function timeline(): Timeline {
  let buckets: Bucket[] = [];
  const bucketAt = (nowMs: number): Bucket => {
    const index = Math.floor(nowMs / BUCKET_MS);
    const last = buckets.at(-1);
    if (last && last.index >= index) return last;
    const fresh = { index, frames: 0, seen: new Map<string, number>() };
    buckets = [...buckets.filter((bucket) => bucket.index > index - BUCKETS), fresh];
    return fresh;
  };
  return {
    record(record, nowMs) {
      if (record.outcome !== "detected" && record.outcome !== "still") return;
      const bucket = bucketAt(nowMs);
      bucket.frames += 1;
      for (const { label } of record.objects) bucket.seen.set(label, (bucket.seen.get(label) ?? 0) + 1);
    },
    series(nowMs) {
      // The bucket that is being filled is left out: it would jump.
      const end = Math.floor(nowMs / BUCKET_MS);
      const byIndex = new Map(buckets.map((bucket) => [bucket.index, bucket]));
      const indices = Array.from({ length: BUCKETS - 1 }, (_, i) => end - BUCKETS + 1 + i);
      const labels = mostFrequent(buckets);
      const mean = (index: number, label: string): number | null => {
        const bucket = byIndex.get(index);
        return bucket ? (bucket.seen.get(label) ?? 0) / bucket.frames : null;
      };
      return {
        timesS: indices.map((index) => ((index + 0.5) * BUCKET_MS) / 1000),
        labels,
        values: labels.map((label) => indices.map((index) => mean(index, label))),
      };
    },
  };
}

function mostFrequent(buckets: readonly Bucket[]): string[] {
  const sums = new Map<string, number>();
  for (const { seen } of buckets) for (const [label, count] of seen) sums.set(label, (sums.get(label) ?? 0) + count);
  return [...sums].sort(([a, x], [b, y]) => y - x || a.localeCompare(b)).slice(0, MOST_LABELS).map(([label]) => label);
}
