import { Worker } from "node:worker_threads";
import type { RuntimeWish } from "../core/devices.js";
import { programUrl } from "../core/programs.js";
import type { ModelInfo } from "../model/index.js";
import { chooseRuntime, forbidTelemetry } from "../pool/index.js";
import type { LimitTask } from "./limit-worker.js";

/**
 * (a) The limit: N threads, each with a bare session and a ready tensor, nothing else. What the machine can infer at
 * most with this runtime, in frames a second.
 */
export async function measureLimit(model: ModelInfo, wish: RuntimeWish, workers: number, windowMs: number): Promise<number> {
  forbidTelemetry();
  const task: LimitTask = { model, choice: chooseRuntime(wish), workers, windowMs, gate: new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT) };
  const rates = await Promise.all(Array.from({ length: workers }, () => runWorker(task)));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

function runWorker(workerData: LimitTask): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(programUrl("bench/limit-worker"), { workerData });
    let fps = 0;
    worker.once("message", (rate: number) => (fps = rate));
    worker.once("error", reject);
    worker.once("exit", () => resolve(fps));
  });
}
