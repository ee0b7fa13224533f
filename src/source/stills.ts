import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { placePicture, rowsOf, type LetterboxRule, type PixelForm } from "../model/index.js";
import { readStill } from "../picture/index.js";
import type { FrameRing, SlotLease } from "../ring/index.js";
import type { Source, SourceEvent } from "./source.js";
import { readWhole } from "./whole-picture.js";

/** Which pictures, and how they are placed. */
export interface StillsOptions {
  readonly stream: string;
  /** Absolute paths, in the order in which they become frames. */
  readonly paths: readonly string[];
  /** Only every n-th picture is read; the others are skipped as `max_fps`. */
  readonly everyNth: number;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  readonly letterbox: LetterboxRule;
  /** fitted = scaled here; source = at their own size, for who fits them. */
  readonly pixels: PixelForm;
  readonly ring: FrameRing;
}

/**
 * Pictures as a stream: each file one frame, turned as its EXIF tag says, transparency on black. Lossless. A picture
 * that can't be decoded ends as `failed` and the others go on. Each picture has its own size; all are of epoch 1.
 */
export function stillsSource(options: StillsOptions, clock: Clock): Source {
  const stop = new AbortController();
  let reading: Promise<void> | undefined;
  return {
    live: false,
    expectedFrames: options.paths.length,
    start: (emit) => void (reading = readAll(options, clock, stop.signal, emit)),
    thins: false,
    want: () => undefined,
    watch: () => undefined,
    takePicture: () => undefined,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
    },
  };
}

/** Of a picture that was not read: a size is at least 1. */
const UNKNOWN_SIZE = { widthPx: 1, heightPx: 1 } as const;

async function readAll(
  options: StillsOptions,
  clock: Clock,
  stop: AbortSignal,
  emit: (event: SourceEvent) => void,
): Promise<void> {
  let anyRead = false;
  let lastError: PipelineError | null = null;
  const freeSlot = slotWaiter(options.ring, stop);
  const keyOf = (frame: number) => ({ stream: options.stream, epoch: 1, frame, ptsMs: null, capturedAtMs: clock.wallMs(), capturedMonoMs: clock.monotonicMs() });
  for (const [frame, path] of options.paths.entries()) {
    if (frame % options.everyNth !== 0) {
      emit({ type: "skipped", header: { ...keyOf(frame), ...UNKNOWN_SIZE }, cause: "max_fps" });
      continue;
    }
    const key = keyOf(frame);
    let lease: SlotLease | undefined;
    try {
      const picture = options.pixels === "source" ? await readWhole(path, options, options.ring) : undefined;
      lease = await freeSlot();
      if (lease === undefined) break;
      const letterbox = picture ? picture.fill(lease) : await placePicture(options, lease.pixels, (fit) => readStill(path, fit));
      const header = { ...key, widthPx: letterbox.sourceWidthPx, heightPx: letterbox.sourceHeightPx };
      anyRead = true;
      emit({ type: "frame", header, lease, hasPicture: false, letterbox, rows: rowsOf(letterbox), pixels: options.pixels });
    } catch (cause) {
      lease?.[Symbol.dispose]();
      const why = asPipelineError(cause, "E_SOURCE_NOT_VIDEO");
      lastError = new PipelineError(why.code, `${path}: ${why.message}`, { cause });
      emit({ type: "broken", header: { ...key, ...UNKNOWN_SIZE }, error: lastError });
    }
  }
  emit({ type: "ended", error: anyRead || stop.aborted ? null : lastError });
}

/** Waits for a free slot, or until it is stopped. One listener for all waits: a folder may hold a million pictures. */
function slotWaiter(ring: FrameRing, stop: AbortSignal): () => Promise<SlotLease | undefined> {
  let wake = (): void => undefined;
  stop.addEventListener("abort", () => wake(), { once: true });
  return async () => {
    for (;;) {
      if (stop.aborted) return undefined;
      const lease = ring.lease();
      if (lease) return lease;
      await new Promise<void>((resolve) => {
        wake = resolve;
        ring.onceFree(resolve);
      });
    }
  };
}
