import { systemClock, type Clock } from "../../src/core/clock.js";
import type { FrameOutcome, OutcomeKind } from "../../src/core/frame.js";
import type { StreamStats } from "../../src/core/stats.js";
import { streamMeter } from "../../src/metrics/index.js";
import { NUMBERED_SIZE_PX } from "../../src/numbered/index.js";
import { runPipeline } from "../../src/pipeline.js";
import { openThreadPool, type InferencePool } from "../../src/pool/index.js";
import { createRing, type FrameRing } from "../../src/ring/index.js";
import type { Source, SourceEvent } from "../../src/source/index.js";
import { numberedSource } from "../../src/source/numbered.js";
import { chance } from "../rig/chance.js";
import { within } from "../rig/deadline.js";
import { liveNumbers } from "../support/live-numbers.js";
import { LIMITS, numberedPoolOptions } from "../support/pool.js";
import { assertAccounted } from "../support/session.js";
import type { Faults } from "./fixtures/faulty-worker.js";

/** One run through faults. */
export interface FaultyPlan {
  readonly seed: number;
  readonly frames: number;
  /** Frames a second of a live source, newest first; null: a file, lossless. */
  readonly rateFps: number | null;
  readonly faults: Omit<Faults, "seed">;
  readonly frameTimeoutMs: number;
  readonly maxAgeMs: number;
  /** At this frame the wall clock goes back by an hour. */
  readonly clockBackAt: number;
}

/** What came of it. */
export interface FaultyRun {
  readonly outcomes: readonly FrameOutcome[];
  readonly codes: ReadonlySet<string>;
  readonly stats: StreamStats;
  /** Longest time from a task to its outcome, ms. */
  readonly longestMs: number;
  readonly outstanding: number;
  readonly epochs: number;
}

const WORKERS = 4;
const MEAN_EPOCH_FRAMES = 40;
/** Every permit must be there again; nobody else asks. */
const PERMITS_WITHIN_MS = 5000;
const RUN_WITHIN_MS = 120_000;
const HOUR_MS = 3_600_000;

/** The real ring, admission, pool and order, with threads that fail by the seed. */
export async function runThroughFaults(plan: FaultyPlan): Promise<FaultyRun> {
  process.env["FAULTS"] = JSON.stringify({ seed: plan.seed, ...plan.faults });
  const plain = await numberedPoolOptions();
  const options = {
    ...plain, workers: WORKERS, depth: plan.rateFps === null ? (2 as const) : (1 as const), frameTimeoutMs: plan.frameTimeoutMs, hangLimitMs: 60_000,
    program: new URL("./fixtures/faulty-worker.js", import.meta.url),
  };
  await using pool = await openThreadPool(options, systemClock);
  pool.join(0, { weight: 1, newestFirst: plan.rateFps !== null });
  const ring = createRing({ slots: pool.capacity + 2, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const wall = { backMs: 0 };
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() - wall.backMs };
  const stop = new AbortController();
  const epochs = { count: 1 };
  const source = unsteady(sourceOf(plan, ring, clock, options.model.letterbox), chance(plan.seed), epochs, (frame) => {
    if (frame === plan.clockBackAt) wall.backMs = HOUR_MS;
    if (plan.rateFps !== null && frame >= plan.frames) stop.abort();
  });
  const inHouse = { count: 0 };
  const meter = streamMeter({
    stream: "faults", inHouse, inHouseLimit: ring.layout.slots, expectedFrames: () => null,
    monotonicMs: () => systemClock.monotonicMs(), startedMs: systemClock.monotonicMs(),
  });
  const outcomes: FrameOutcome[] = [];
  const timed = timing(pool);
  stop.signal.addEventListener("abort", () => void source[Symbol.asyncDispose]());
  const running = runPipeline({
    source, ring, ringId: 0, pool: timed.pool, meter, inHouse, clock,
    limits: () => LIMITS, maxAgeMs: () => plan.maxAgeMs, isDue: () => true, maxConsecutiveFailures: 1_000_000,
    watched: () => false, lookBegins: () => undefined, sinksReady: () => undefined, stateChanged: () => undefined, stop: stop.signal,
    fail(error) {
      throw error;
    },
    publish({ outcome }) {
      assertAccounted(meter.stats());
      outcomes.push(outcome);
    },
  });
  // The limit's timer also keeps the process alive between two frames.
  const over = await within(RUN_WITHIN_MS, "end of the run", running);
  if (over !== null) throw over;
  await within(PERMITS_WITHIN_MS, `${pool.capacity} permits`, allPermits(pool));
  const codes = new Set(outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error.code] : [])));
  return { outcomes, codes, stats: meter.stats(), longestMs: timed.longestMs(), outstanding: ring.outstanding, epochs: epochs.count };
}

/** How often each end was met. */
export function countEnds(outcomes: readonly FrameOutcome[]): Partial<Record<OutcomeKind, number>> {
  return outcomes.reduce<Partial<Record<OutcomeKind, number>>>((sum, { kind }) => ({ ...sum, [kind]: (sum[kind] ?? 0) + 1 }), {});
}

function sourceOf({ rateFps, frames }: FaultyPlan, ring: FrameRing, clock: Clock, letterbox: Parameters<typeof liveNumbers>[3]): Source {
  return rateFps === null ? numberedSource({ stream: "faults", frames, everyNth: 1, ring, letterbox }, clock) : liveNumbers("faults", rateFps, ring, letterbox);
}

/** A source whose epochs end at random frames, in the middle of what is in flight. */
function unsteady(source: Source, random: () => number, epochs: { count: number }, onFrame: (frame: number) => void): Source {
  return {
    ...source,
    start: (emit) =>
      source.start((event: SourceEvent) => {
        if (event.type !== "frame" && event.type !== "skipped") return emit(event);
        if (random() < 1 / MEAN_EPOCH_FRAMES) epochs.count += 1;
        emit({ ...event, header: { ...event.header, epoch: epochs.count } });
        onFrame(event.header.frame);
      }),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** The same pool, with a watch on how long each task takes to its outcome. */
function timing(pool: InferencePool): { pool: InferencePool; longestMs: () => number } {
  let longestMs = 0;
  return {
    longestMs: () => longestMs,
    pool: {
      ...pool,
      get capacity() {
        return pool.capacity;
      },
      async run(task, released) {
        const begunMs = systemClock.monotonicMs();
        const answer = await pool.run(task, released);
        longestMs = Math.max(longestMs, systemClock.monotonicMs() - begunMs);
        return answer;
      },
    },
  };
}

/** Settles when every permit has come home: a lost one would be missing for ever. */
async function allPermits(pool: InferencePool): Promise<void> {
  const { capacity } = pool;
  for (let taken = 0; taken < capacity; taken += 1) await pool.permit(0);
  for (let taken = 0; taken < capacity; taken += 1) pool.returnPermit(0);
}
