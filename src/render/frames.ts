import { invariant } from "../core/invariant.js";
import { deferred } from "../core/lifetime.js";
import type { Child, PixelPipe } from "../source/index.js";
import { nutParser, type NutFrame } from "./nut.js";

/** One is being filled, one drawn on, one written. */
const BUFFERS = 3;

/** The frames of a decoder, one after the other. The decoder waits while all buffers are in use. */
export interface FrameFlow {
  /** The next one; undefined = there is none any more. */
  next(): Promise<NutFrame | undefined>;
  /** Of the frames; known once the first is here. */
  size(): { readonly widthPx: number; readonly heightPx: number };
  /** Gives a frame's memory back. */
  release(frame: NutFrame): void;
  /** What the file ends with, after the last frame. */
  rest(): Buffer;
  /** Whether the decoder ended within a frame. */
  readonly isTorn: boolean;
}

/** Reads what a decoder writes. A frame of another size than the first is none: FFmpeg keeps the size. */
export function frameFlow(pipe: PixelPipe, child: Child): FrameFlow {
  const free: Buffer[] = [];
  const ready: NutFrame[] = [];
  let made = 0;
  let over = false;
  let failure: { readonly thrown: unknown } | undefined;
  let waiting: Uint8Array | undefined;
  let news = deferred();

  function tell(): void {
    news.resolve();
    news = deferred();
  }
  const parser = nutParser({
    lease(sizeBytes) {
      const known = free.pop();
      if (known) return known;
      if (made === BUFFERS) return undefined;
      made += 1;
      return Buffer.allocUnsafeSlow(sizeBytes);
    },
    frame(frame) {
      ready.push(frame);
      tell();
    },
  });
  function place(chunk: Uint8Array): boolean {
    try {
      waiting = parser.push(chunk);
    } catch (thrown) {
      failure ??= { thrown };
      tell();
    }
    return waiting === undefined && !failure;
  }
  pipe.read(child.process, {
    take: place,
    ended() {
      over = true;
      tell();
    },
  });
  return {
    async next() {
      while (ready.length === 0 && !over && !failure) await news.promise;
      if (failure) throw failure.thrown;
      return ready.shift();
    },
    release({ pixels }) {
      free.push(pixels);
      if (waiting !== undefined && place(waiting)) pipe.resume();
    },
    size() {
      invariant(parser.stream !== undefined, "the headers come before the first frame");
      return parser.stream;
    },
    rest: () => parser.rest(),
    get isTorn() {
      return parser.isTorn;
    },
  };
}
