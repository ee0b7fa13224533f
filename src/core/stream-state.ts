/**
 * What a stream does at the moment; on the wire, in the figures, on the page.
 *
 *   connecting ──► live ◄──► stalled
 *       │           ▲ │ ◄──► blocked
 *       ▼           │ ▼
 *      reconnecting ┘ ─────► ended / failed
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
  /** Over, as it should be. */
  "ended",
  /** Over, by an error. */
  "failed",
] as const;

/** One of STREAM_STATES. */
export type StreamState = (typeof STREAM_STATES)[number];
