import type { PipelineError } from "../core/errors.js";
import type { WorkerAnswer, WorkerTask } from "./messages.js";

/**
 * The seam of all ways to run a model. A caller first takes a permit, then runs: so a live stream can still choose the
 * newest frame at the moment when a worker is free, and nothing queues up behind the pool.
 */
export interface InferencePool extends AsyncDisposable {
  /** Model instances. */
  readonly workers: number;
  /** Most tasks that can be out at once: `workers`, or twice that when frames are sent ahead. */
  readonly capacity: number;
  /** Settles when a task may be sent; first come first served between streams. Each permit is good for one `run`. */
  permit(): Promise<void>;
  /** Gives a permit back unused. */
  returnPermit(): void;
  /**
   * Runs one frame under a permit. Never rejects. `late` comes at the frame's deadline, an error when the pool is stuck.
   * `released` is called once, when no worker will read the slot any more: at the answer, which may be long after `late`.
   */
  run(task: WorkerTask, released: () => void): Promise<WorkerAnswer | "late" | PipelineError>;
  /** Settles with E_POOL_STUCK when runs hang that cannot be ended from outside. Else never. */
  readonly stuck: Promise<PipelineError>;
}
