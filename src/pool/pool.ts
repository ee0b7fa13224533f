import type { PipelineError } from "../core/errors.js";
import type { WorkerAnswer, WorkerTask } from "./messages.js";
import type { LiveDevices } from "./runtimes/live.js";

/**
 * Where the model runs.
 * threads     an instance in each worker thread: the default
 * shared      one instance in one thread, behind a lock, its runs spread over the cores: the least memory
 * processes   an instance in each child process: one that crashes or hangs is replaced, and takes nothing along but its frame
 */
export type InferenceMode = "threads" | "shared" | "processes";

/** Why a worker was lost. exited = it ended by itself; hung = it was ended, since it did not answer in time. */
export type ReplacementCause = "crashed" | "exited" | "out_of_memory" | "hung";
/** The count of a pool that has lost nobody. */
export const NONE_REPLACED: Readonly<Record<ReplacementCause, number>> = { crashed: 0, exited: 0, out_of_memory: 0, hung: 0 };

/** Something that happened to a pool's workers and that its operator should know. */
export interface PoolNotice {
  readonly level: "info" | "warn";
  readonly message: string;
}

/** What comes of one task: the worker's answer, or that it is late, or that no answer is to be expected any more. */
export type PoolAnswer = WorkerAnswer | "late" | PipelineError;

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
  /** Model instances that can be reached now. */
  readonly workers: number;
  /** What runs them now. */
  readonly live: LiveDevices;
  /** Workers that were lost and replaced so far, by cause. */
  readonly replaced: Readonly<Record<ReplacementCause, number>>;
  /** Most tasks that can be out at once: `workers`, or more than that while every stream is lossless and frames are sent ahead. */
  readonly capacity: number;
  /** Permits that are out now: tasks at the threads, and such that are about to go there. */
  readonly busy: number;
  /** Tells of a stream before its first permit, or that its weight is another now. */
  join(stream: number, seat: Seat): void;
  /** Says that a stream asks no more and that nothing of it is out: workers may let go of its memory. */
  leave(stream: number): void;
  /**
   * Says that a stream wants to end: what of it is out and can't come home at present (queue: no broker, no worker) ends
   * as aborted. Where everything comes home by itself nothing changes.
   */
  finishing(stream: number): void;
  /**
   * Settles when `stream` may send a task: streams that ask at the same time are served by their weights. Each permit is
   * good for one `run`. A stream has one question open at a time.
   */
  permit(stream: number): Promise<void>;
  /** Gives a permit back unused; the stream is not charged for it. */
  returnPermit(stream: number): void;
  /**
   * Runs one frame under a permit. Never rejects. `late` comes at the frame's deadline, an error when the pool is stuck.
   * `released` is called once, when no worker will read the slot any more: once the pixels were copied where a mode does
   * that, else at the answer, which may be long after `late`.
   */
  run(task: WorkerTask, released: () => void): Promise<PoolAnswer>;
  /**
   * Settles with E_POOL_STUCK when runs hang that cannot be ended from outside, with E_INTERNAL when a worker met an error
   * that nobody caught, with E_WORKER_START when every worker is lost. Else never.
   */
  readonly stuck: Promise<PipelineError>;
}
