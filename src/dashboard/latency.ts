import type { FrameRecord } from "../wire/index.js";

/** The way of a frame, in the order in which it is gone. */
export const STAGES = ["queue", "inference", "publish", "screen"] as const;
/** One of STAGES. */
export type Stage = (typeof STAGES)[number];

/** What became of the time of one shown frame, ms. */
export type StageTimes = Readonly<Record<Stage, number>>;

/** What the last frames took. All 0 when there are none. */
export interface LatencySummary {
  readonly samples: number;
  /** Mean of each stage, ms. */
  readonly stages: StageTimes;
  /** Capture to screen, ms. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** Frames by their time from capture to screen; BUCKET_EDGES_MS says which. */
  readonly buckets: readonly number[];
}

/** Upper edges, ms; the last bucket has none. */
export const BUCKET_EDGES_MS = [10, 15, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 1000, 2000] as const;
const SAMPLES = 300;

/** The stages of a frame that reached the screen so long after it was published. */
export function stagesOf({ timesMs }: FrameRecord, screenMs: number): StageTimes {
  const { queue = 0, normalise = 0, infer = 0, decode = 0, order } = timesMs;
  return { queue, inference: normalise + infer + decode, publish: order, screen: Math.max(0, screenMs) };
}

/** Capture to screen, ms. */
export const totalOf = (times: StageTimes): number => STAGES.reduce((sum, stage) => sum + times[stage], 0);

/** The stages of the last SAMPLES shown frames. */
export interface LatencyWindow {
  add(times: StageTimes): void;
  summary(): LatencySummary;
  /** Median of the newest `count` frames, ms; undefined when there are fewer. */
  newest(count: number): number | undefined;
  reset(): void;
}

/** Makes an empty window. */
export function latencyWindow(): LatencyWindow {
  let samples: StageTimes[] = [];
  const sorted = (some: readonly StageTimes[]): number[] => some.map(totalOf).sort((a, b) => a - b);
  return {
    add(times) {
      samples.push(times);
      if (samples.length > SAMPLES) samples.shift();
    },
    summary() {
      const totals = sorted(samples);
      const at = (part: number): number => totals[Math.min(totals.length - 1, Math.floor(part * totals.length))] ?? 0;
      const mean = (stage: Stage): number => samples.reduce((sum, times) => sum + times[stage], 0) / Math.max(1, samples.length);
      const buckets = new Array<number>(BUCKET_EDGES_MS.length + 1).fill(0);
      for (const total of totals) buckets[bucketOf(total)]! += 1;
      return {
        samples: samples.length,
        stages: { queue: mean("queue"), inference: mean("inference"), publish: mean("publish"), screen: mean("screen") },
        p50: at(0.5), p95: at(0.95), p99: at(0.99), buckets,
      };
    },
    newest: (count) => (samples.length < count ? undefined : sorted(samples.slice(-count))[Math.floor(count / 2)]),
    reset: () => (samples = []),
  };
}

function bucketOf(ms: number): number {
  const found = BUCKET_EDGES_MS.findIndex((edge) => ms < edge);
  return found === -1 ? BUCKET_EDGES_MS.length : found;
}
