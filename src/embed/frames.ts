import { settingsSchema } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import type { FrameHeader, SkipCause } from "../core/frame.js";
import { deferred } from "../core/lifetime.js";
import type { StateChange } from "../core/stream-state.js";
import { rgbOf, type LetterboxRule, type ModelInfo, type RgbPixels, type SizePx } from "../model/index.js";
import type { PlanarFrame } from "../pool/index.js";
import { createRing } from "../ring/index.js";
import type { SessionOptions } from "../session/index.js";
import { openSource as openOnRing, type Source, type SourceEvent } from "../source/index.js";

/** How a source is opened, and at what size its frames are wanted. */
export interface FrameSourceOptions {
  /**
   * What every frame is scaled and padded to, keeping its shape: a model (`instance.model`; its instance then takes the
   * frames as they are), or a size.
   */
  readonly fit: Pick<ModelInfo, "inputWidthPx" | "inputHeightPx" | "letterbox"> | SizePx;
  /** The stream's name in its frames. Default: the source's address. */
  readonly name?: string;
  /** Where it differs from the settings under `source`. */
  readonly source?: Partial<Omit<SessionOptions["source"], "preprocess">>;
  /** Where it differs from the settings under `live`. */
  readonly live?: Partial<Omit<SessionOptions["live"], "maxFps" | "maxAgeMs">>;
  /** Aborting ends the source: the loop over its frames ends as at the end of a file. */
  readonly signal?: AbortSignal;
  /** Told each change of a live source's state, and each picture of a folder that could not be decoded. */
  readonly notice?: (event: StateChange | PipelineError) => void;
}

/** One frame. Its pixels are a view of shared memory that is written anew when the loop goes on: copy what is to stay. */
export interface SourceFrame extends FrameHeader, PlanarFrame {
  /** A copy without the padding, R, G, B side by side, at the size that the picture has in the input. */
  toRgb(): RgbPixels;
}

/** A source's frames, once: `for await (const frame of source)`. Leaving the loop closes it, and so does disposing. */
export interface FrameSource extends AsyncIterable<SourceFrame>, AsyncDisposable {
  /** Whether frames come at their own pace: then the loop gets the newest one, and those it had no time for are skipped. Else the source waits for the loop. */
  readonly live: boolean;
  /** What the container says it holds; null when it does not say, or never ends. */
  readonly expectedFrames: number | null;
  /** Frames that the loop did not get, by cause: `busy` and `no_slot` = it was not back in time; `max_fps` = left out as asked for. */
  readonly skipped: Readonly<Partial<Record<SkipCause, number>>>;
}

/** As most YOLO models are fed. */
const PLAIN: LetterboxRule = { placement: "centre", rounding: "half-even", padValue: 114 };
/** One is in the loop, one waits for it, one is being written. */
const SLOTS = 3;

/**
 * Opens anything that yields frames: an address, a camera, a video file, pictures. What is live by nature is not connected
 * to yet. Without a model: see `pipeline` for the whole way.
 *
 * ```ts
 * await using source = await openSource("clip.mp4", { fit: instance.model });
 * for await (const frame of source) console.log(frame.frame, (await instance.detect(frame)).labels);
 * ```
 * @throws PipelineError E_SOURCE_*, E_DEVICE, E_FFMPEG_MISSING, E_FFMPEG_OLD; later, from the loop, what ended the source
 */
export async function openSource(address: string, options: FrameSourceOptions): Promise<FrameSource> {
  const { fit, name = address, signal = new AbortController().signal, notice = () => undefined } = options;
  const { source: defaults, live: limits } = settingsSchema.parse({});
  const input = "letterbox" in fit ? { widthPx: fit.inputWidthPx, heightPx: fit.inputHeightPx, letterbox: fit.letterbox } : { ...fit, letterbox: PLAIN };
  const ring = createRing({ slots: SLOTS, slotBytes: 3 * input.widthPx * input.heightPx });
  signal.throwIfAborted();
  const settings = { ...defaults, ...options.source, preprocess: "ffmpeg" as const, input, picture: null, limits: { ...limits, ...options.live } };
  const source = await openOnRing(address, name, settings, ring, { clock: systemClock, signal });
  return frameSource(source, signal, notice);
}

type FrameEvent = Extract<SourceEvent, { type: "frame" }>;

function frameSource(source: Source, signal: AbortSignal, notice: (event: StateChange | PipelineError) => void): FrameSource {
  const inbox = frameInbox(() => source.live, notice);

  async function close(): Promise<void> {
    await source[Symbol.asyncDispose]();
    inbox.end();
  }

  async function* frames(): AsyncGenerator<SourceFrame, void, undefined> {
    using _held = systemClock.hold();
    const onAbort = (): void => void close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal.aborted) return;
      source.start(inbox.take);
      for (let event = await inbox.next(); event; event = await inbox.next()) {
        using _lease = event.lease;
        yield frameOf(event);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      await close();
    }
  }

  const once = frames();
  return {
    get live() {
      return source.live;
    },
    get expectedFrames() {
      return source.expectedFrames;
    },
    skipped: inbox.skipped,
    [Symbol.asyncIterator]: () => once,
    [Symbol.asyncDispose]: close,
  };
}

/** What has come from the source and was not in the loop yet: of a live one the newest frame. */
function frameInbox(isLive: () => boolean, notice: (event: StateChange | PipelineError) => void) {
  const skipped: Partial<Record<SkipCause, number>> = {};
  const ready: FrameEvent[] = [];
  let ended: { readonly error: PipelineError | null } | undefined;
  let news = deferred();

  function skip(cause: SkipCause): void {
    skipped[cause] = (skipped[cause] ?? 0) + 1;
  }
  return {
    skipped,
    take(this: void, event: SourceEvent): void {
      if (event.type === "frame") {
        if (isLive()) for (const stale of ready.splice(0)) letGo(stale, skip);
        ready.push(event);
      } else if (event.type === "skipped") skip(event.cause);
      else if (event.type === "broken") notice(event.error);
      else if (event.type === "state") notice(stateOf(event));
      else ended ??= event;
      news.resolve();
    },
    /** The next frame; undefined at the end. @throws what ended the source */
    async next(): Promise<FrameEvent | undefined> {
      for (;;) {
        const event = ready.shift();
        if (event) return event;
        if (ended?.error) throw ended.error;
        if (ended) return undefined;
        await news.promise;
        news = deferred();
      }
    },
    end(): void {
      for (const { lease } of ready.splice(0)) lease[Symbol.dispose]();
      ended ??= { error: null };
      news.resolve();
    },
  };
}

function letGo({ lease }: FrameEvent, skip: (cause: SkipCause) => void): void {
  lease[Symbol.dispose]();
  skip("busy");
}

function stateOf({ type: _, ...change }: Extract<SourceEvent, { type: "state" }>): StateChange {
  return change;
}

function frameOf({ header, lease: { pixels }, letterbox, rows }: FrameEvent): SourceFrame {
  const planes = pixels.subarray(0, 3 * letterbox.inputWidthPx * rows.heightPx);
  return { ...header, planes, letterbox, rows, toRgb: () => rgbOf(planes, letterbox, rows.topPx, rows.heightPx) };
}
