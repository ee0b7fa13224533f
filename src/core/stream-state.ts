import type { ErrorCode } from "./errors.js";

/**
 * What a stream does at the moment; on the wire, in the figures, on the page.
 *
 *   connecting ──► live ◄──► stalled
 *       │           ▲ │ ◄──► blocked
 *       ▼           │ ▼
 *      reconnecting ┘ ─────► ended / failed
 *
 * `paused` can be reached from all but the last two, and leads to `connecting`.
 */
export const STREAM_STATES = [
  /** No frame yet, on the first connection. */
  "connecting",
  /** Frames come. */
  "live",
  /** Connected, and silent for more than half of the time after which the connection is given up. */
  "stalled",
  /** We were too busy to read: nothing is known of the source, and it is not to blame. */
  "blocked",
  /** Waiting to connect again, or connecting. */
  "reconnecting",
  /** Told to rest: its source is closed and its threads are free, until it is told to go on. */
  "paused",
  /** Over, as it should be. */
  "ended",
  /** Over, by an error. */
  "failed",
] as const;

/** One of STREAM_STATES. */
export type StreamState = (typeof STREAM_STATES)[number];

/** A change of state, as the source or the session tells it. */
export interface StateChange {
  readonly state: StreamState;
  /** Of the stream's newest frame so far. */
  readonly epoch: number;
  /** Why it is in this state. */
  readonly reason?: ErrorCode;
  /** The same in words, without secrets. */
  readonly message?: string;
  /** Number of the next try to connect, counted since frames last came. */
  readonly attempt?: number;
  /** How long until that try, ms. */
  readonly retryInMs?: number;
}
