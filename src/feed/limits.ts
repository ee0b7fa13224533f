/** What the feed holds at most, for each client and each stream. */
export interface FeedLimits {
  /** Handed to a client's socket, not yet taken by the system. More waits in our own queue, where it can still be dropped. */
  readonly socketBytes: number;
  /** Waiting in a client's queue; beyond it the oldest is dropped. */
  readonly queueBytes: number;
  /** How long something may wait there. */
  readonly queueAgeMs: number;
  /** A client whose socket takes nothing for so long, while something is in it, is closed. Shorter than a heartbeat, which would cut it off without a word. */
  readonly stalledMs: number;
  /** Frame records of each stream that are kept for those who come back. */
  readonly historyFrames: number;
  readonly historyBytes: number;
  /** Lines of the log that are kept for those who come later. */
  readonly logLines: number;
}

/** 1 MiB are 400 records of twenty objects: half a minute of a camera. 600 records are 20 s at 30 fps: a reload, a change of network. */
export const DEFAULT_FEED_LIMITS: FeedLimits = {
  socketBytes: 256 * 1024,
  queueBytes: 1024 * 1024,
  queueAgeMs: 10_000,
  stalledMs: 15_000,
  historyFrames: 600,
  historyBytes: 1024 * 1024,
  logLines: 200,
};
