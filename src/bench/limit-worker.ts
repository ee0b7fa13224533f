import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../core/clock.js";
import type { ModelInfo } from "../model/index.js";
import { openRuntimeSession, type RuntimeChoice } from "../pool/index.js";

/** One bare session on a ready tensor, run as often as it can between two moments that all workers share. */
export interface LimitTask {
  readonly model: ModelInfo;
  readonly choice: RuntimeChoice;
  /** [workers that are ready, go] */
  readonly gate: SharedArrayBuffer;
  readonly workers: number;
  readonly windowMs: number;
}

const { model, choice, gate, workers, windowMs } = workerData as LimitTask;
const words = new Int32Array(gate);
const session = await openRuntimeSession({ ...model, ...choice, intraOpThreads: 1 });
// Any picture will do: a run takes the same time whatever it sees.
session.fill(new Uint8Array(3 * model.inputWidthPx * model.inputHeightPx).fill(114), { topPx: 0, heightPx: model.inputHeightPx });
await session.run(() => undefined);
if (Atomics.add(words, 0, 1) + 1 === workers) {
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
} else {
  Atomics.wait(words, 1, 0);
}
const begin = systemClock.monotonicMs();
let runs = 0;
while (systemClock.monotonicMs() - begin < windowMs) {
  await session.run(() => undefined);
  runs += 1;
}
parentPort?.postMessage(runs / ((systemClock.monotonicMs() - begin) / 1000));
await session[Symbol.asyncDispose]();
