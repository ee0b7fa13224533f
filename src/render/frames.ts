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
  const { free, lease } = memory();
  const ready: NutFrame[] = [];
  let over = false;
  let failure: { readonly thrown: unknown } | undefined;
  let waiting: Uint8Array | undefined;
  let news = deferred();

  function tell(): void {
    news.resolve();
    news = deferred();
  }
  const parser = nutParser({
    lease,
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
  const ended = (): void => {
    over = true;
    tell();
  };
  pipe.read(child.process, { take: place, ended });
  return {
    async next() {
      while (ready.length === 0 && !over && !failure) await news.promise;
      if (failure) throw failure.thrown;
      return ready.shift();
    },
    size() {
      invariant(parser.stream !== undefined, "the headers come before the first frame");
      return parser.stream;
    },
    release({ pixels }) {
      free(pixels);
      if (waiting !== undefined && place(waiting)) pipe.resume();
    },
    rest: () => parser.rest(),
    get isTorn() {
      return parser.isTorn;
    },
  };
}

/** A few buffers that go round; frames are all of one size. */
function memory() {
  const unused: Buffer[] = [];
  let made = 0;
  return {
    free: (buffer: Buffer): void => void unused.push(buffer),
    lease(sizeBytes: number): Buffer | undefined {
      const known = unused.pop();
      if (known !== undefined || made === BUFFERS) return known;
      made += 1;
      return Buffer.allocUnsafeSlow(sizeBytes);
    },
  };
}
