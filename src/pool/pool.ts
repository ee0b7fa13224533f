import type { PipelineError } from "../core/errors.js";
import type { WorkerAnswer, WorkerTask } from "./messages.js";

/** How a stream takes part. */
export interface Seat {
  /** Its share against the others', above 0. */
  readonly weight: number;
  /** Live: its frames are chosen at the last moment, so nothing may queue in front of a worker. */
  readonly newestFirst: boolean;
}

/**
 * The seam of all ways to run a model. A caller first takes a permit, then runs: so a live stream can still choose the
 * newest frame at the moment when a worker is free, and nothing queues up behind the pool.
 */
export interface InferencePool extends AsyncDisposable {
  /** Model instances. */
  readonly workers: number;
  /** Most tasks that can be out at once: `workers`, or twice that while every stream is lossless and frames are sent ahead. */
  readonly capacity: number;
  /** Permits that are out now: tasks at the threads, and such that are about to go there. */
  readonly busy: number;
  /** Tells of a stream before its first permit, or that its weight is another now. */
  join(stream: number, seat: Seat): void;
  /** Says that a stream asks no more and that nothing of it is out: workers may let go of its memory. */
  leave(stream: number): void;
  /**
   * Settles when `stream` may send a task: streams that ask at the same time are served by their weights. Each permit is
   * good for one `run`. A stream has one question open at a time.
   */
  permit(stream: number): Promise<void>;
  /** Gives a permit back unused; the stream is not charged for it. */
  returnPermit(stream: number): void;
  /**
   * Runs one frame under a permit. Never rejects. `late` comes at the frame's deadline, an error when the pool is stuck.
   * `released` is called once, when no worker will read the slot any more: at the answer, which may be long after `late`.
   */
  run(task: WorkerTask, released: () => void): Promise<WorkerAnswer | "late" | PipelineError>;
  /**
   * Settles with E_POOL_STUCK when runs hang that cannot be ended from outside, with E_INTERNAL when a worker met an error
   * that nobody caught. Else never.
   */
  readonly stuck: Promise<PipelineError>;
}
