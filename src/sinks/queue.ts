import type { Clock } from "../core/clock.js";
import { invariant } from "../core/invariant.js";
import { deferred } from "../core/lifetime.js";
import { gapTally, type FrameRecord, type WireRecord } from "../wire/index.js";
import { directSink } from "./direct.js";
import type { Sink } from "./sink.js";

/** What waits, and for whom. */
export interface QueueLimits {
  /** Most frames of a stream that wait for the reader. */
  readonly maxWaiting: number;
  /** Whether a stream is held back at that point (a file). Any other loses its oldest frames. */
  readonly waits: (stream: string) => boolean;
}

/** A sink whose records one reader takes at its own pace. */
export interface RecordQueue extends Sink {
  /** The records in the order in which they came; frames that were lost are told by a `gap` record before their stream's next one. */
  records(): AsyncGenerator<WireRecord, void, undefined>;
  /** Nothing more will come. What waits is still read; then the reader ends, or gets the error. */
  end(error?: Error): void;
}

/** Makes an empty queue. */
export function recordQueue({ maxWaiting, waits }: QueueLimits, clock: Clock): RecordQueue {
  const gaps = gapTally("sink_slow");
  const line = recordLine();
  let ended: { readonly error: Error | undefined } | undefined;
  let news = deferred();
  let room = deferred();

  const isFull = (): boolean => !ended && line.streams().some((stream) => line.frames(stream) >= maxWaiting && waits(stream));

  function next(): WireRecord | undefined {
    const record = line.shift();
    if (!isFull()) {
      room.resolve();
      room = deferred();
    }
    return record;
  }

  return {
    ...directSink("queue", () => undefined),
    write({ record }) {
      if (ended) return true;
      line.push(record);
      if (record.type === "frame" && line.frames(record.stream) > maxWaiting && !waits(record.stream)) gaps.lose(line.dropOldest(record.stream));
      news.resolve();
      return !isFull();
    },
    ready: () => (isFull() ? room.promise : Promise.resolve()),
    async *records() {
      for (;;) {
        const record = next();
        if (record) {
          const gap = "stream" in record && record.stream !== undefined && gaps.take(record.stream, clock.wallMs());
          if (gap) yield gap;
          yield record;
        } else if (ended?.error) throw ended.error;
        else if (ended) return;
        else {
          await news.promise;
          news = deferred();
        }
      }
    },
    end(error) {
      ended ??= { error };
      news.resolve();
      room.resolve();
    },
  };
}

/** Records in their order, with the frames of each stream counted. */
function recordLine() {
  const line: WireRecord[] = [];
  const frames = new Map<string, number>();
  const count = (record: WireRecord | undefined, change: number): void => {
    if (record?.type === "frame") frames.set(record.stream, (frames.get(record.stream) ?? 0) + change);
  };
  return {
    push(record: WireRecord): void {
      line.push(record);
      count(record, 1);
    },
    shift(): WireRecord | undefined {
      const record = line.shift();
      count(record, -1);
      return record;
    },
    /** Takes out the stream's oldest frame, which must be there. */
    dropOldest(stream: string): FrameRecord {
      const at = line.findIndex((record) => record.type === "frame" && record.stream === stream);
      const [record] = line.splice(at, 1);
      invariant(record?.type === "frame", `no frame of ${stream} waits`);
      count(record, -1);
      return record;
    },
    frames: (stream: string): number => frames.get(stream) ?? 0,
    streams: (): string[] => [...frames.keys()],
  };
}
