import type { Clock } from "../core/clock.js";
import { letterboxFor, rowsOf, type LetterboxRule } from "../model/index.js";
import { drawNumber, NUMBERED_SIZE_PX } from "../numbered/index.js";
import type { FrameRing } from "../ring/index.js";
import type { Source, SourceEvent } from "./source.js";

/** How many frames, and where to. */
export interface NumberedOptions {
  readonly stream: string;
  readonly frames: number;
  /** Only every n-th frame is drawn; the others are skipped as `max_fps`. */
  readonly everyNth: number;
  readonly letterbox: LetterboxRule;
  readonly ring: FrameRing;
}

/** The source that proves order: every frame carries its own number in its pixels. Lossless. Draws when a slot is free. */
export function numberedSource({ stream, frames, everyNth, letterbox: rule, ring }: NumberedOptions, clock: Clock): Source {
  const letterbox = letterboxFor(rule, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX);
  const rows = rowsOf(letterbox);
  let frame = 0;
  let stopped = false;

  function draw(emit: (event: SourceEvent) => void): void {
    while (!stopped && frame < frames) {
      const isWanted = frame % everyNth === 0;
      const lease = isWanted ? ring.lease() : undefined;
      if (isWanted && lease === undefined) return ring.onceFree(() => queueMicrotask(() => draw(emit)));
      const stamp = { capturedAtMs: clock.wallMs(), capturedMonoMs: clock.monotonicMs() };
      const header = { stream, epoch: 1, frame, ptsMs: null, ...stamp, widthPx: NUMBERED_SIZE_PX, heightPx: NUMBERED_SIZE_PX };
      if (lease) drawNumber(lease.pixels, frame);
      frame += 1;
      emit(lease ? { type: "frame", header, lease, hasPicture: false, letterbox, rows } : { type: "skipped", header, cause: "max_fps" });
    }
    if (!ended) emit({ type: "ended", error: null });
    ended = true;
  }

  let ended = false;
  let emitter: (event: SourceEvent) => void = () => undefined;
  return {
    live: false,
    expectedFrames: frames,
    start(emit) {
      emitter = emit;
      queueMicrotask(() => draw(emit));
    },
    thins: false,
    want: () => undefined,
    watch: () => undefined,
    takePicture: () => undefined,
    [Symbol.asyncDispose]() {
      stopped = true;
      if (!ended) emitter({ type: "ended", error: null });
      ended = true;
      return Promise.resolve();
    },
  };
}
