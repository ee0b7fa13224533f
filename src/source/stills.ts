import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import type { FrameHeader } from "../core/frame.js";
import { letterboxFor, type Letterbox, type LetterboxRule } from "../model/index.js";
import { readStill, type RgbPicture } from "../picture/index.js";
import type { FrameRing, SlotLease } from "../ring/index.js";
import type { Source, SourceEvent } from "./source.js";

/** Which pictures, and how they are placed. */
export interface StillsOptions {
  readonly stream: string;
  /** Absolute paths, in the order in which they become frames. */
  readonly paths: readonly string[];
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  readonly letterbox: LetterboxRule;
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
    watch: () => undefined,
    takePicture: () => undefined,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reading;
    },
  };
}

async function readAll(
  options: StillsOptions,
  clock: Clock,
  stop: AbortSignal,
  emit: (event: SourceEvent) => void,
): Promise<void> {
  let anyRead = false;
  let lastError: PipelineError | null = null;
  for (const [frame, path] of options.paths.entries()) {
    const lease = await freeSlot(options.ring, stop);
    if (lease === undefined) break;
    const stamp = { capturedAtMs: clock.wallMs(), capturedMonoMs: clock.monotonicMs() };
    const key = { stream: options.stream, epoch: 1, frame, ptsMs: null, ...stamp };
    try {
      const header = await placeStill(path, key, options, lease.pixels);
      anyRead = true;
      emit({ type: "frame", header, lease, hasPicture: false });
    } catch (cause) {
      lease[Symbol.dispose]();
      const why = asPipelineError(cause, "E_SOURCE_NOT_VIDEO");
      lastError = new PipelineError(why.code, `${path}: ${why.message}`, { cause });
      emit({ type: "broken", header: { ...key, widthPx: 1, heightPx: 1 }, error: lastError });
    }
  }
  emit({ type: "ended", error: anyRead || stop.aborted ? null : lastError });
}

async function freeSlot(ring: FrameRing, stop: AbortSignal): Promise<SlotLease | undefined> {
  for (;;) {
    if (stop.aborted) return undefined;
    const lease = ring.lease();
    if (lease) return lease;
    await new Promise<void>((resolve) => {
      ring.onceFree(resolve);
      stop.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

async function placeStill(
  path: string,
  key: Omit<FrameHeader, "widthPx" | "heightPx">,
  options: StillsOptions,
  pixels: Uint8Array,
): Promise<FrameHeader> {
  let box: Letterbox | undefined;
  const still = await readStill(path, (widthPx, heightPx) => {
    box = letterboxFor(options.letterbox, options.inputWidthPx, options.inputHeightPx, widthPx, heightPx);
    return { widthPx: box.contentWidthPx, heightPx: box.contentHeightPx };
  });
  if (box === undefined) throw new PipelineError("E_SOURCE_NOT_VIDEO", "the picture has no size");
  placePlanes(still, box, options.letterbox.padValue, pixels);
  return { ...key, widthPx: box.sourceWidthPx, heightPx: box.sourceHeightPx };
}

/** Interleaved RGB into the slot's planes G, B, R with the letterbox's padding around. Exported for its test. */
export function placePlanes(still: RgbPicture, box: Letterbox, padValue: number, planes: Uint8Array): void {
  const area = box.inputWidthPx * box.inputHeightPx;
  planes.fill(padValue);
  for (let y = 0; y < still.heightPx; y += 1) {
    let to = (box.topPx + y) * box.inputWidthPx + box.leftPx;
    let from = y * still.widthPx * 3;
    for (let x = 0; x < still.widthPx; x += 1, to += 1, from += 3) {
      planes[to] = still.data[from + 1] ?? 0;
      planes[area + to] = still.data[from + 2] ?? 0;
      planes[2 * area + to] = still.data[from] ?? 0;
    }
  }
}
