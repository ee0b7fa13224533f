/** Frame records of one stream that a reader did not get: the first, the last, how many. */
export interface LostFrames {
  /** Of the last one. */
  readonly epoch: number;
  readonly fromFrame: number;
  readonly toFrame: number;
  readonly records: number;
}

/** What one reader lost, until it is told. Holds one entry a stream. Runs in Node and in the browser. */
export interface LostFramesTally {
  /** These were not delivered; later ones of a stream come later. */
  lose(stream: string, lost: LostFrames): void;
  /** What to tell before the stream's next record, or undefined. Asking clears it. */
  take(stream: string): LostFrames | undefined;
  /** Streams with something not told yet. */
  streams(): string[];
}

/** Makes an empty tally. */
export function lostFramesTally(): LostFramesTally {
  const losses = new Map<string, LostFrames>();
  return {
    lose(stream, lost) {
      const before = losses.get(stream);
      losses.set(stream, before ? { ...lost, fromFrame: before.fromFrame, records: before.records + lost.records } : lost);
    },
    take(stream) {
      const lost = losses.get(stream);
      if (lost) losses.delete(stream);
      return lost;
    },
    streams: () => [...losses.keys()],
  };
}
