import { createHistogram } from "node:perf_hooks";
import type { ErrorWire } from "../core/errors.js";
import { OUTCOMES, SKIP_CAUSES, type FrameOutcome, type OutcomeKind, type SkipCause } from "../core/frame.js";
import type { GateStats, StreamStats } from "../core/stats.js";
import type { StreamState } from "../core/stream-state.js";

/** Latencies are kept in whole microseconds, up to ten minutes, to 3 digits. */
const US = 1000;
const LATENCY_LIMIT_US = 600 * 1000 * US;
/** Seconds over which the running rate is taken. */
const RATE_WINDOW_MS = 3000;

/** Counts what one stream does. Everything here is bounded; nothing is allocated a frame but what the histogram needs. */
export interface StreamMeter {
  announced(): void;
  skipped(cause: SkipCause): void;
  ended(outcome: FrameOutcome): void;
  /** The motion gate has looked at a frame, captured `atMs` since 1970. */
  gated(verdict: GateVerdict, atMs: number, tookMs: number): void;
  /** There is no motion gate any more. */
  gateIsOff(): void;
  /** A record has left. */
  published(totalMs: number | null, objects: readonly { readonly label: string }[]): void;
  /** `why`: what keeps it from being `live`, or ended it. A state without a reason clears the last one. */
  setState(state: StreamState, why?: ErrorWire): void;
  stats(): StreamStats;
}

/** What a gate says of a frame. */
export type GateVerdict = keyof typeof GATE_STATES;
const GATE_STATES = { unsure: "learning", moving: "moving", holding: "moving", due: "still", still: "still" } as const satisfies Record<string, GateStats["state"]>;

/** What the meter asks others for. */
export interface MeterOptions {
  readonly stream: string;
  /** Asked for anew each time: they may change while the stream runs. */
  readonly labels?: () => Readonly<Record<string, string>>;
  readonly inHouse: { readonly count: number };
  readonly inHouseLimit: number;
  readonly expectedFrames: () => number | null;
  readonly monotonicMs: () => number;
  /** When the command began, on the same clock. */
  readonly startedMs: number;
}

/** Starts counting one stream. */
export function streamMeter(options: MeterOptions): StreamMeter {
  const figures = noFigures(options.monotonicMs);
  const elapsed = (): number => (figures.endedMs ?? options.monotonicMs()) - options.startedMs;
  return {
    announced() {
      figures.decoded += 1;
      figures.rateIn.tick();
      if (figures.state === "connecting") figures.state = "live";
    },
    skipped: (cause) => void (figures.skipped[cause] += 1),
    ended(outcome) {
      figures.outcomes[outcome.kind] += 1;
      figures.epoch = outcome.header.epoch;
      if (outcome.kind !== "detected") return;
      for (const stage of STAGES) figures.stageSums[stage] += outcome.times[stage];
    },
    gated(verdict, atMs, tookMs) {
      const state = GATE_STATES[verdict];
      if (figures.gate?.state !== state) figures.gate = { state, sinceMs: atMs };
      figures.gateLooks += 1;
      figures.gateMs += tookMs;
    },
    gateIsOff: () => void (figures.gate = null),
    published(totalMs, seen) {
      figures.firstRecordMs ??= elapsed();
      figures.rateOut.tick();
      if (totalMs !== null) figures.latency.record(Math.min(LATENCY_LIMIT_US, Math.max(1, Math.round(totalMs * US))));
      for (const { label } of seen) figures.objects[label] = (figures.objects[label] ?? 0) + 1;
    },
    setState(next, why) {
      figures.state = next;
      figures.error = why ?? null;
      if (next === "ended" || next === "failed") figures.endedMs ??= options.monotonicMs();
    },
    stats: () => statsOf(figures, options, elapsed()),
  };
}

type Figures = ReturnType<typeof noFigures>;

function noFigures(monotonicMs: () => number) {
  return {
    latency: createHistogram({ lowest: 1, highest: LATENCY_LIMIT_US, figures: 3 }),
    outcomes: zeros(OUTCOMES),
    skipped: zeros(SKIP_CAUSES),
    objects: {} as Record<string, number>,
    stageSums: { queue: 0, normalise: 0, infer: 0, decode: 0 },
    rateIn: rate(monotonicMs),
    rateOut: rate(monotonicMs),
    state: "connecting" as StreamState,
    error: null as ErrorWire | null,
    gate: null as Pick<GateStats, "state" | "sinceMs"> | null,
    // Of the whole life, as `still` is: the gate may be off for a while.
    gateLooks: 0,
    gateMs: 0,
    epoch: 1,
    decoded: 0,
    firstRecordMs: null as number | null,
    endedMs: null as number | null,
  };
}

function statsOf(figures: Figures, options: MeterOptions, elapsedMs: number): StreamStats {
  const { latency, outcomes, decoded, stageSums, rateIn, rateOut } = figures;
  const percentile = (p: number): number => (latency.count === 0 ? 0 : latency.percentile(p) / US);
  const out = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  const seconds = elapsedMs / 1000;
  const labels = options.labels?.() ?? {};
  const over = figures.endedMs !== null;
  return {
    stream: options.stream,
    ...(Object.keys(labels).length > 0 && { labels }),
    state: figures.state,
    epoch: figures.epoch,
    decoded,
    outcomes: { ...outcomes },
    skipped: { ...figures.skipped },
    inHouse: options.inHouse.count,
    inHouseLimit: options.inHouseLimit,
    fps: over ? { in: decoded / seconds, out: out / seconds } : { in: rateIn.perSecond(), out: rateOut.perSecond() },
    latencyMs: { p50: percentile(50), p95: percentile(95), p99: percentile(99) },
    stagesMs: Object.fromEntries(STAGES.map((stage) => [stage, stageSums[stage] / Math.max(1, outcomes.detected)])),
    ...(figures.gate && { gate: { ...figures.gate, looks: figures.gateLooks, meanMs: figures.gateMs / figures.gateLooks } }),
    objects: { ...figures.objects },
    expectedFrames: options.expectedFrames(),
    firstRecordMs: figures.firstRecordMs,
    elapsedMs,
    error: figures.error,
  };
}

const STAGES = ["queue", "normalise", "infer", "decode"] as const;

function zeros<K extends SkipCause | OutcomeKind>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

/** Events a second over the last RATE_WINDOW_MS, in two half-full buckets: exact enough for a display, and bounded. */
function rate(now: () => number) {
  let windowStart = now();
  let count = 0;
  let previous: number | undefined;
  function roll(): void {
    const passed = now() - windowStart;
    if (passed < RATE_WINDOW_MS) return;
    previous = passed < 2 * RATE_WINDOW_MS ? count / (passed / 1000) : 0;
    windowStart = now();
    count = 0;
  }
  return {
    tick() {
      roll();
      count += 1;
    },
    perSecond() {
      roll();
      const passed = (now() - windowStart) / 1000;
      if (previous === undefined) return passed > 0 ? count / passed : 0;
      // The part of the last window that is still inside, plus what came since.
      const share = passed / (RATE_WINDOW_MS / 1000);
      return count / (RATE_WINDOW_MS / 1000) + previous * Math.max(0, 1 - share);
    },
  };
}
