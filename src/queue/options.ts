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
