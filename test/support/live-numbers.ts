import { systemClock } from "../../src/core/clock.js";
import { streamMeter, type StreamMeter } from "../../src/metrics/index.js";
import { letterboxFor, rowsOf, type LetterboxRule, type ModelInfo } from "../../src/model/index.js";
import { drawNumber, NUMBERED_SIZE_PX } from "../../src/numbered/index.js";
import { runPipeline } from "../../src/pipeline.js";
import type { InferencePool } from "../../src/pool/index.js";
import { createRing, type FrameRing } from "../../src/ring/index.js";
import type { Source, SourceEvent } from "../../src/source/index.js";
import { LIMITS } from "./pool.js";

/** A camera of numbered frames: newest first, at a rate of its own, for ever. */
export function liveNumbers(stream: string, rateFps: number, ring: FrameRing, rule: LetterboxRule): Source {
  const letterbox = letterboxFor(rule, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX);
  const rows = rowsOf(letterbox);
  let frame = 0;
  let emitter: (event: SourceEvent) => void = () => undefined;
  let timer: Disposable | undefined;
  const shoot = (): void => {
    const header = {
      stream, epoch: 1, frame: frame++, ptsMs: null, capturedAtMs: systemClock.wallMs(), capturedMonoMs: systemClock.monotonicMs(),
      widthPx: NUMBERED_SIZE_PX, heightPx: NUMBERED_SIZE_PX,
    };
    const lease = ring.lease();
    if (lease) drawNumber(lease.pixels, header.frame % 65_536);
    emitter(lease ? { type: "frame", header, lease, hasPicture: false, letterbox, rows } : { type: "skipped", header, cause: "no_slot" });
  };
  return {
    live: true,
    expectedFrames: null,
    start(emit) {
      emitter = emit;
      timer = systemClock.every(1000 / rateFps, shoot);
    },
    thins: false,
    want: () => undefined,
    watch: () => undefined,
    takePicture: () => undefined,
    [Symbol.asyncDispose]() {
      timer?.[Symbol.dispose]();
      timer = undefined;
      emitter({ type: "ended", error: null });
      emitter = () => undefined;
      return Promise.resolve();
    },
  };
}

/** A camera on a pool. */
export interface LiveStream {
  readonly meter: StreamMeter;
  /** Ends it and waits for what is out. Throws when a slot was not given back. */
  stop(): Promise<void>;
}

/** Runs a camera through the real admission, pool and order. `id` is its own in this pool. */
export function runLive(pool: InferencePool, model: ModelInfo, id: number, { weight, rateFps }: { weight: number; rateFps: number }): LiveStream {
  const ring = createRing({ slots: pool.workers + 2, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const source = liveNumbers(`camera ${id}`, rateFps, ring, model.letterbox);
  const inHouse = { count: 0 };
  const meter = streamMeter({
    stream: `camera ${id}`, inHouse, inHouseLimit: pool.workers + 1, expectedFrames: () => null,
    monotonicMs: () => systemClock.monotonicMs(), startedMs: systemClock.monotonicMs(),
  });
  const stopping = new AbortController();
  pool.join(id, { weight, newestFirst: true });
  const over = runPipeline({
    source, ring, ringId: id, pool, meter, inHouse, clock: systemClock,
    limits: () => LIMITS, maxAgeMs: () => 60_000, isDue: () => true, maxConsecutiveFailures: 1_000_000,
    watched: () => false, lookBegins: () => undefined, sinksReady: () => undefined, publish: () => undefined, stateChanged: () => undefined, stop: stopping.signal,
    fail(error) {
      throw error;
    },
  });
  return {
    meter,
    async stop() {
      stopping.abort();
      await source[Symbol.asyncDispose]();
      await over;
      pool.leave(id);
      if (ring.outstanding !== 0) throw new Error(`${ring.outstanding} slots were not given back`);
    },
  };
}
