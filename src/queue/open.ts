import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { systemRandom, type Clock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import type { QueueFigures } from "../core/queue-figures.js";
import type { ModelInfo } from "../model/index.js";
import { poolOf, type InferencePool } from "../pool/index.js";
import { QueueCarrier } from "./carrier.js";
import { openLink } from "./link.js";
import type { QueueOptions } from "./options.js";

/** What a pool on the queue is given. */
export interface QueuePoolOptions {
  readonly queue: QueueOptions;
  readonly model: ModelInfo;
  readonly frameTimeoutMs: number;
}

/** A pool whose instances are workers at a broker, and what it has counted. */
export interface QueuePool {
  readonly pool: InferencePool;
  figures(): QueueFigures;
}

/** Takes what a person should hear. */
export type Tell = (level: "info" | "warn", message: string, error?: PipelineError) => void;

/**
 * Mode `queue`. Settles once the broker was tried: one that can't be reached is told and waited for, with a capacity of 0
 * until it is there.
 * @throws PipelineError E_QUEUE_AUTH, E_QUEUE_TLS, E_QUEUE_JETSTREAM, E_QUEUE_FULL, E_CONFIG
 */
export async function openQueuePool(options: QueuePoolOptions, clock: Clock, tell: Tell): Promise<QueuePool> {
  const session = randomBytes(16).toString("hex");
  const carrier = new QueueCarrier({ ...options, session, clock, tell });
  const hooks = { up: carrier.up.bind(carrier), down: () => carrier.down(), tell };
  const world = { clock, random: systemRandom, name: `sightline ${hostname()} ${process.pid}` };
  try {
    carrier.link = await openLink(options.queue, hooks, world);
  } catch (error) {
    await carrier[Symbol.asyncDispose]();
    throw error;
  }
  return { pool: poolOf(() => carrier), figures: () => carrier.figures() };
}
