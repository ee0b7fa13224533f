import type { StreamStats } from "../core/stats.js";

/** What all streams of a run did together. */
export interface Totals {
  readonly decoded: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
  readonly inHouse: number;
  /** Frames that have ended, a second. */
  readonly fps: number;
  readonly objects: Readonly<Record<string, number>>;
  /** Frames still to be read where every stream knows; null else. */
  readonly expectedFrames: number | null;
}

/** Adds up streams. */
export function totalsOf(streams: readonly StreamStats[]): Totals {
  const expected = streams.map((stream) => stream.expectedFrames);
  return {
    decoded: sum(streams.map((stream) => stream.decoded)),
    outcomes: addUp(streams.map((stream) => stream.outcomes)),
    skipped: addUp(streams.map((stream) => stream.skipped)),
    inHouse: sum(streams.map((stream) => stream.inHouse)),
    fps: sum(streams.map((stream) => stream.fps.out)),
    objects: addUp(streams.map((stream) => stream.objects)),
    expectedFrames: expected.includes(null) ? null : sum(expected.map(Number)),
  };
}

/** No frame is ever unaccounted for: both sides of this equation are equal, at every moment. */
export interface Accounting {
  readonly equation: string;
  readonly decoded: number;
  readonly detected: number;
  readonly failed: number;
  readonly late: number;
  readonly aborted: number;
  readonly still: number;
  readonly skipped: number;
  readonly inHouse: number;
  readonly balanced: boolean;
}

/** The equation with its numbers. */
export function accountingOf({ decoded, outcomes, skipped, inHouse }: Totals): Accounting {
  const { detected = 0, failed = 0, late = 0, aborted = 0, still = 0 } = outcomes;
  const skippedSum = sum(Object.values(skipped));
  return {
    equation: "decoded = detected + failed + late + aborted + still + skipped + inHouse",
    decoded, detected, failed, late, aborted, still, skipped: skippedSum, inHouse,
    balanced: decoded === detected + failed + late + aborted + still + skippedSum + inHouse,
  };
}

/** Sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function addUp(tables: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [key, count] of tables.flatMap((table) => Object.entries(table))) total[key] = (total[key] ?? 0) + count;
  return total;
}

/** `busy 12, too_old 3`, the greatest first; empty when all are 0. */
export function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
