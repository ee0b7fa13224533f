import type { Clock } from "../core/clock.js";
import type { InferenceMode, InferencePool, PoolNotice } from "./pool.js";
import { openProcessPool } from "./processes.js";
import { runtimeOf } from "./runtimes/live.js";
import { openThreadPool, type ThreadPoolOptions } from "./threads.js";

/** Which mode, and what it is given. */
export interface PoolOptions extends Omit<ThreadPoolOptions, "intraOpThreads" | "program"> {
  readonly mode: InferenceMode;
  /** Told what the operator should know of the workers. */
  readonly tell?: (notice: PoolNotice) => void;
}

/** Model instances that a mode makes of so many `workers`. */
export function instancesOf({ mode, workers }: Pick<PoolOptions, "mode" | "workers">): number {
  return mode === "shared" ? 1 : workers;
}

/**
 * Opens a pool in one of the modes. Settles when every instance has loaded the model and run it once.
 * @throws PipelineError E_POOL_START, or what an instance met (E_MODEL_INVALID, E_MODEL_DEVICE, ...)
 */
export async function openPool(options: PoolOptions, clock: Clock): Promise<InferencePool> {
  const pool = await openIn(options, clock);
  const { live } = pool;
  if (options.precision === "auto") options.tell?.({ level: "info", message: `${options.model.id} runs on ${runtimeOf(live)}: ${live.precision === "f32" ? "this machine has no cheaper precision by nature" : "a cheaper precision than f32, which may move weak scores"} (inference.precision auto)` });
  for (const message of live.left) options.tell?.({ level: "warn", message: `${message}; ${live.device} is taken instead` });
  return pool;
}

function openIn(options: PoolOptions, clock: Clock): Promise<InferencePool> {
  switch (options.mode) {
    case "threads":
      return openThreadPool(options, clock);
    case "shared":
      return openThreadPool({ ...options, workers: 1, intraOpThreads: options.workers }, clock);
    case "processes":
      return openProcessPool(options, clock);
  }
}
