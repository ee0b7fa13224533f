import type { BrokerOptions } from "./broker-options.js";
import type { QueueRules } from "./jetstream.js";
import type { FrameEncoding } from "./task.js";

/** The settings' part `inference.queue`. */
export interface QueueOptions extends BrokerOptions, QueueRules {
  /** Most frames of one model that a session has out at once, 1 to 128. Each holds a slot of its stream's ring. */
  readonly mostInFlight: number;
  readonly frames: FrameEncoding;
  /** 1 to 100, where frames travel as jpeg. */
  readonly jpegQuality: number;
}

/** What a session has counted of its queue, since it was opened. */
export interface QueueFigures {
  /** Frames that the broker has taken, and those that it was given again after a connection was lost. */
  readonly published: number;
  readonly republished: number;
  /** Times that a frame was handed out once more because a worker was lost with it. */
  readonly redelivered: number;
  /** Answers to frames that were over: most are second ones. */
  readonly unasked: number;
  /** Frames whose answer did not come in time. */
  readonly expired: number;
  /** Parts of frames that workers have asked for. */
  readonly parts: number;
  /** Messages that were not understood. */
  readonly refused: number;
  /** Times that the broker had no room, and a frame waited. */
  readonly fullWaits: number;
  /** Connections so far: 1, and one more for each that was lost. */
  readonly connections: number;
  /** Workers that are there and run this model. */
  readonly workers: number;
}
