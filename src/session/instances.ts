import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import type { QueueFigures } from "../core/queue-figures.js";
import type { ModelInfo } from "../model/index.js";
import { instancesOf, openPool, type InferencePool } from "../pool/index.js";
import type { Notice, SessionOptions } from "./session.js";

/** Tasks a thread may have at once: one it runs, one sent ahead while every stream is lossless. */
const DEPTH = 2;

/** A pool in one of the modes. */
export interface OpenedPool {
  readonly pool: InferencePool;
  /** Mode queue: what it has counted. */
  readonly queue?: () => QueueFigures;
}

/** Which model, and how many threads or processes it gets; of no matter in mode queue, where others have them. */
export interface WantedPool {
  readonly model: ModelInfo;
  readonly workers: number;
}

/** Most tasks of one model that can be out at once. */
export function mostOut(inference: SessionOptions["inference"], workers: number, newestFirst: boolean): number {
  const { mode } = inference;
  if (mode === "queue") return queueOf(inference).mostInFlight;
  return instancesOf({ mode, workers }) * (newestFirst ? 1 : DEPTH);
}

/** Instances that a pool will have which is not open yet; in mode queue nobody knows. */
export function plannedInstances({ mode }: SessionOptions["inference"], workers: number): number {
  return mode === "queue" ? 0 : instancesOf({ mode, workers });
}

/**
 * Opens a pool in the mode of the settings. What a mode needs is loaded with it.
 * @throws PipelineError as the mode's pool does
 */
export async function openInstances(inference: SessionOptions["inference"], { model, workers }: WantedPool, clock: Clock, notice: (notice: Notice) => void): Promise<OpenedPool> {
  const { mode } = inference;
  if (mode !== "queue") return { pool: await openPool({ ...inference, device: inference.device ?? "auto", mode, workers, depth: DEPTH, model, tell: notice }, clock) };
  const { openQueuePool } = await import("../queue/index.js");
  const options = { queue: queueOf(inference), model, frameTimeoutMs: inference.frameTimeoutMs };
  const { pool, figures } = await openQueuePool(options, clock, (level, message, error) => notice({ level, message, ...(error && { code: error.code }) }));
  return { pool, queue: figures };
}

function queueOf({ queue }: SessionOptions["inference"]): NonNullable<SessionOptions["inference"]["queue"]> {
  if (queue === undefined) throw new PipelineError("E_CONFIG", "inference.mode is queue, but inference.queue says nothing of the broker");
  return queue;
}
