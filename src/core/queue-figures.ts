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
