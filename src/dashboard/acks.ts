import type { VideoFrame } from "../core/video-frame.js";

type Ackable = Pick<VideoFrame, "stream" | "frame">;

/** When to ask for a stream's next picture. */
export interface Acks {
  /** A picture has come and is about to be decoded. */
  arrived(frame: Ackable): void;
  /** A picture of the stream is decoded, or could not be. */
  done(stream: string): void;
  /** The connection is new: nothing that came before is waited for. */
  reset(): void;
}

/** With one alone, the way to the server and back would be added to each picture's time. */
const AT_ONCE = 2;

/** Lets the next picture come while this one is decoded, and no more: the server sends no faster than this page can show. */
export function acks(ack: (frame: Ackable) => void): Acks {
  const decoding = new Map<string, number>();
  const owed = new Map<string, Ackable>();
  return {
    arrived(frame) {
      const { stream } = frame;
      const count = (decoding.get(stream) ?? 0) + 1;
      decoding.set(stream, count);
      if (count < AT_ONCE) ack(frame);
      else owed.set(stream, frame);
    },
    done(stream) {
      decoding.set(stream, Math.max(0, (decoding.get(stream) ?? 0) - 1));
      const frame = owed.get(stream);
      owed.delete(stream);
      if (frame) ack(frame);
    },
    reset() {
      decoding.clear();
      owed.clear();
    },
  };
}
