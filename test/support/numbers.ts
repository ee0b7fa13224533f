import { systemClock } from "../../src/core/clock.js";
import type { RuntimeWish } from "../../src/core/devices.js";
import type { ModelInfo } from "../../src/model/index.js";
import { streamMeter } from "../../src/metrics/index.js";
import { NUMBERED_SIZE_PX, numberOf } from "../../src/numbered/index.js";
import type { Ordered } from "../../src/order/index.js";
import { runPipeline } from "../../src/pipeline.js";
import { openThreadPool, type InferencePool } from "../../src/pool/index.js";
import { createRing, type FrameRing } from "../../src/ring/index.js";
import type { Source } from "../../src/source/index.js";
import { numberedSource } from "../../src/source/numbered.js";
import { LIMITS, numberedPoolOptions } from "./pool.js";
import { assertAccounted } from "./session.js";

/** What came out, in the order in which it came. */
export interface NumbersRead {
  /** Frame numbers as they left. */
  readonly frames: number[];
  /** What the model read in the pixels of each. */
  readonly numbers: number[];
  /** Answers of workers that came before the answer of an earlier frame. */
  readonly answersOutOfOrder: number;
}

/** One stream of numbered frames, from its source to its end. */
export interface NumbersStream {
  readonly ringId: number;
  readonly ring: FrameRing;
  readonly source: Source;
  readonly pool: InferencePool;
  /** Failed frames in a row that end the stream; a test that lets workers die gives Infinity. */
  readonly maxConsecutiveFailures: number;
  /** Takes each frame as it leaves, and what the model read in its pixels: NaN where it read nothing. */
  readonly publish: (ordered: Ordered, number: number) => void;
}

/** The real admission, pool and order around a source. Checks at every frame that none is unaccounted for, and at the end that all slots are back. */
export async function runNumbers({ ringId, ring, source, pool, maxConsecutiveFailures, publish }: NumbersStream): Promise<void> {
  const inHouse = { count: 0 };
  const meter = streamMeter({
    stream: "numbers", inHouse, inHouseLimit: ring.layout.slots, expectedFrames: () => source.expectedFrames,
    monotonicMs: () => systemClock.monotonicMs(), startedMs: 0,
  });
  await runPipeline({
    source, ring, ringId, pool, meter, inHouse, clock: systemClock,
    limits: () => LIMITS, maxAgeMs: () => 500, isDue: () => true, maxConsecutiveFailures,
    watched: () => false, lookBegins: () => undefined, sinksReady: () => undefined,
    fail(error) {
      throw error;
    },
    stop: new AbortController().signal,
    stateChanged: () => undefined,
    publish(ordered) {
      const { outcome } = ordered;
      assertAccounted(meter.stats());
      publish(ordered, outcome.kind === "detected" ? numberOf(outcome.detections.boxes[0] ?? NaN) : NaN);
    },
  });
  if (ring.outstanding !== 0) throw new Error(`${ring.outstanding} slots were not given back`);
}

/** The real ring, admission, pool and order on numbered frames, with a random wait of up to `jitterMs` before each run. */
export async function runPipelineOnNumbers(how: { frames: number; workers: number; jitterMs: number } & RuntimeWish): Promise<NumbersRead> {
  const plain = await numberedPoolOptions();
  const options = { ...plain, ...how, depth: 2 as const, frameTimeoutMs: 20_000, hangLimitMs: 30_000 };
  await using pool = await openThreadPool(options, systemClock);
  return await readNumbers(pool, plain.model, { id: 0, frames: how.frames, maxConsecutiveFailures: 1 });
}

/** One stream of numbered frames through admission, an open pool and order. A frame that was not looked at reads as NaN. */
export async function readNumbers(pool: InferencePool, model: ModelInfo, how: { id: number; frames: number; maxConsecutiveFailures: number; onFrame?: () => void }): Promise<NumbersRead> {
  pool.join(how.id, { weight: 1, newestFirst: false });
  const ring = createRing({ slots: pool.capacity + 2, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const source = numberedSource({ stream: "numbers", frames: how.frames, everyNth: 1, ring, letterbox: model.letterbox }, systemClock);
  const read = { frames: [] as number[], numbers: [] as number[], answersOutOfOrder: 0 };
  const watchedPool = countingOvertakes(pool, () => (read.answersOutOfOrder += 1));
  await runNumbers({
    ringId: how.id, ring, source, pool: watchedPool, maxConsecutiveFailures: how.maxConsecutiveFailures,
    publish({ outcome }, number) {
      read.frames.push(outcome.header.frame);
      read.numbers.push(number);
      how.onFrame?.();
    },
  });
  pool.leave(how.id);
  return read;
}

/** The same pool; calls back when an answer comes before that of a task sent earlier. */
export function countingOvertakes(pool: InferencePool, onOvertake: () => void): InferencePool {
  let sent = 0;
  const out = new Set<number>();
  return {
    ...pool,
    [Symbol.asyncDispose]: () => Promise.resolve(),
    async run(task, released) {
      const mine = sent++;
      out.add(mine);
      const answer = await pool.run(task, released);
      out.delete(mine);
      if (Math.min(...out, mine) < mine) onOvertake();
      return answer;
    },
  };
}
