import { systemClock } from "../../src/core/clock.js";
import type { ModelInfo } from "../../src/model/index.js";
import { streamMeter } from "../../src/metrics/index.js";
import { NUMBERED_SIZE_PX, numberOf } from "../../src/numbered/index.js";
import { runPipeline } from "../../src/pipeline.js";
import { openThreadPool, type InferencePool } from "../../src/pool/index.js";
import { createRing } from "../../src/ring/index.js";
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

/** The real ring, admission, pool and order on numbered frames, with a random wait of up to `jitterMs` before each run. */
export async function runPipelineOnNumbers(how: { frames: number; workers: number; jitterMs: number }): Promise<NumbersRead> {
  const plain = await numberedPoolOptions();
  const { model } = plain;
  const options = { ...plain, ...how, depth: 2 as const, frameTimeoutMs: 20_000, hangLimitMs: 30_000 };
  await using pool = await openThreadPool(options, systemClock);
  return await readNumbers(pool, model, { id: 0, frames: how.frames, maxConsecutiveFailures: 1 });
}

/** One stream of numbered frames through admission, an open pool and order. A frame that was not looked at reads as NaN. */
export async function readNumbers(pool: InferencePool, model: ModelInfo, how: { id: number; frames: number; maxConsecutiveFailures: number; onFrame?: () => void }): Promise<NumbersRead> {
  pool.join(how.id, { weight: 1, newestFirst: false });
  const ring = createRing({ slots: pool.capacity + 2, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const source = numberedSource({ stream: "numbers", frames: how.frames, everyNth: 1, ring, letterbox: model.letterbox }, systemClock);
  const inHouse = { count: 0 };
  const meter = streamMeter({
    stream: "numbers", inHouse, inHouseLimit: ring.layout.slots, expectedFrames: () => how.frames,
    monotonicMs: () => systemClock.monotonicMs(), startedMs: 0,
  });
  const read = { frames: [] as number[], numbers: [] as number[], answersOutOfOrder: 0 };
  const watchedPool = countingOvertakes(pool, () => (read.answersOutOfOrder += 1));
  await runPipeline({
    source, ring, ringId: how.id, pool: watchedPool, meter, inHouse, clock: systemClock,
    limits: () => LIMITS, maxAgeMs: () => 500, isDue: () => true, maxConsecutiveFailures: how.maxConsecutiveFailures,
    watched: () => false, lookBegins: () => undefined, sinksReady: () => undefined,
    fail(error) {
      throw error;
    },
    stop: new AbortController().signal,
    stateChanged: () => undefined,
    publish({ outcome }) {
      assertAccounted(meter.stats());
      read.frames.push(outcome.header.frame);
      read.numbers.push(outcome.kind === "detected" ? numberOf(outcome.detections.boxes[0] ?? NaN) : NaN);
      how.onFrame?.();
    },
  });
  pool.leave(how.id);
  if (ring.outstanding !== 0) throw new Error(`${ring.outstanding} slots were not given back`);
  return read;
}

/** The same pool; calls back when an answer comes before that of a task sent earlier. */
function countingOvertakes(pool: InferencePool, onOvertake: () => void): InferencePool {
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
