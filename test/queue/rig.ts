import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.js";
import type { QueueFigures } from "../../src/core/queue-figures.js";
import { settingsSchema } from "../../src/config/index.js";
import { numberedModel } from "../../src/numbered/index.js";
import type { InferencePool } from "../../src/pool/index.js";
import { openQueuePool, openQueueWorker, type QueueOptions, type QueueWorker, type WorkerOptions } from "../../src/queue/index.js";
import { startCli, type RunningCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import type { TestBroker } from "./nats-server.js";

/** The settings' part, with all defaults but those given. */
export function queueOptions(url: string, some: Partial<QueueOptions> = {}): QueueOptions {
  return { ...settingsSchema.parse({ inference: { queue: { url } } }).inference.queue, ...some };
}

/** The numbered model as a file, for workers that are processes of their own. */
export function numberedModelFile(): string {
  const path = join(temporaryFolder(), "numbered.onnx");
  writeFileSync(path, numberedModel());
  return path;
}

/** `sightline worker` as a process; settles once it serves. */
export async function startWorker(broker: TestBroker, model: string, ...flags: string[]): Promise<RunningCli> {
  const worker = startCli(["worker", "--nats", broker.url, "--model", model, "--workers", "1", ...flags], { timeoutMs: 800_000 });
  await worker.saying(/serves .* with/);
  return worker;
}

/** A worker in this process, and a pool that has found it. */
export interface QueueRig extends AsyncDisposable {
  readonly pool: InferencePool;
  readonly worker: QueueWorker;
  figures(): QueueFigures;
}

/** Opens both ends of the queue here. Settles once the pool knows of the worker. */
export async function openRig(broker: TestBroker, options: Pick<WorkerOptions, "model" | "workers" | "jitterMs">, queue: Partial<QueueOptions> = {}): Promise<QueueRig> {
  const own = queueOptions(broker.url, queue);
  const limits = { frameTimeoutMs: 60_000, hangLimitMs: 120_000 };
  const tell = (): void => undefined;
  const { pool, figures } = await openQueuePool({ queue: own, model: options.model, ...limits }, systemClock, tell);
  const name = `test/${process.pid}`;
  const worker = await openQueueWorker({ ...options, queue: own, ...limits, name, host: "test", version: "test" }, { clock: systemClock, random: () => 0, tell });
  await until(() => pool.workers === options.workers, "the pool to know of the worker");
  return {
    pool, worker, figures,
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]();
      await worker[Symbol.asyncDispose]();
    },
  };
}
