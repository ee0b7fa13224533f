import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { FfmpegRun, type RunEnd, type RunListener, type RunOptions } from "./ffmpeg.js";
import type { PictureShelf } from "./pictures.js";
import { openPixelPipe } from "./pixel-pipe.js";
import type { Probe } from "./probe.js";
import type { FrameInfo, StreamHeader } from "./stderr.js";
import type { Wishes } from "./thinning.js";
import { isExpiry, TICK_MS, watchStart, watchStep, type WatchFact, type WatchExpiry, type WatchLimits, type WatchVerdict } from "./watchdog.js";

/** What a connection is known to bring. */
export interface Facts extends Pick<Probe, "codec" | "widthPx" | "heightPx"> {
  /** Whether they are of an earlier connection: then what FFmpeg's header says goes first. */
  readonly cached: boolean;
  /** What FFmpeg's header said last, where it said a size. It may differ from the frames' for good: a rotation, a crop. */
  readonly headerSize: Size | undefined;
}

/** A picture's size, px. */
export type Size = Pick<Probe, "widthPx" | "heightPx">;

/** One connection of a live source. */
export interface ConnectionOptions extends RunOptions {
  /** The source's name for people, without secrets. */
  readonly display: string;
  /** Epoch of its frames. */
  readonly epoch: number;
  readonly facts: Facts;
  readonly limits: WatchLimits;
  /** What FFmpeg's last words mean. */
  readonly explain: (words: string) => PipelineError;
  /** Ends it; the connection then ends as `stopped`. */
  readonly stop: AbortSignal;
  /** Ends it since it is to be read in another way; its reason, an Error, says why. The connection ends as `renewed`. */
  readonly renew: AbortSignal;
  readonly wishes: Wishes;
}

/** How a connection ended. Its process is gone by then, and its slots are with those who got frames. */
export interface ConnectionEnd {
  /** changed: the source brings something else than the facts say, and frames of that were not let through. */
  readonly how: "stopped" | "changed" | "renewed" | "lost";
  /** Why it was lost; else what is new, without a code of its own. */
  readonly error: PipelineError | null;
  readonly message: string;
  /** What did not fit the facts: a frame, or the header before the first one. */
  readonly news: { readonly frame?: FrameInfo; readonly header?: StreamHeader };
  /** The size that its header said; undefined when it said none. */
  readonly headerSize: Size | undefined;
  readonly frames: number;
  /** Between its first and its last frame, ms. */
  readonly flowedMs: number;
}

/** Who hears of a connection. */
export interface ConnectionListener {
  /** How it is: some times a second, and after each frame. */
  verdict(verdict: Exclude<WatchVerdict, WatchExpiry>): void;
  emit: RunListener["emit"];
  inSoftware: RunListener["inSoftware"];
}

/**
 * One FFmpeg process, watched from outside: a child that is alive and silent is ended. Settles when it is gone for good,
 * so that frames of the next connection can never meet its own. Never rejects for what the source does.
 */
export async function runConnection(options: ConnectionOptions, shelf: PictureShelf | undefined, clock: Clock, listener: ConnectionListener): Promise<ConnectionEnd> {
  const { facts, limits, stop, renew, epoch } = options;
  const over = deferred<Reason>();
  const flow = { frames: 0, firstMs: 0, lastMs: 0 };
  let headerSize: Size | undefined;
  const pipe = await openPixelPipe();
  using watch = startWatch(limits, clock, (verdict) => {
    if (isExpiry(verdict)) over.resolve({ type: verdict });
    else listener.verdict(verdict);
  });
  const onStop = (): void => over.resolve({ type: "stopped" });
  const onRenew = (): void => over.resolve({ type: "renewed", why: String((renew.reason as Error).message) });
  stop.addEventListener("abort", onStop);
  renew.addEventListener("abort", onRenew);
  if (stop.aborted) onStop();
  try {
    await using _run = new FfmpegRun(options, pipe, clock, shelf, options.wishes, {
      opened(header) {
        watch.fact("opened");
        headerSize = header.picture ?? undefined;
        if (facts.cached && !fits(header, facts)) over.resolve({ type: "changed", news: { header } });
      },
      epochOf(info) {
        if (isSame(info, facts)) return epoch;
        over.resolve({ type: "changed", news: { frame: info } });
        return undefined;
      },
      emit(event) {
        flow.lastMs = clock.monotonicMs();
        if (flow.frames++ === 0) flow.firstMs = flow.lastMs;
        listener.emit(event);
        watch.fact("frame");
      },
      inSoftware: () => listener.inSoftware(),
      over: (end) => over.resolve({ type: "ended", end }),
    });
    const reason = await over.promise;
    return { ...explainReason(reason, options), headerSize, frames: flow.frames, flowedMs: flow.lastMs - flow.firstMs };
  } finally {
    stop.removeEventListener("abort", onStop);
    renew.removeEventListener("abort", onRenew);
    pipe[Symbol.dispose]();
  }
}

type Reason =
  | { readonly type: "stopped" | WatchExpiry }
  | { readonly type: "renewed"; readonly why: string }
  | { readonly type: "changed"; readonly news: ConnectionEnd["news"] }
  | { readonly type: "ended"; readonly end: RunEnd };

/** A timer over the pure machine. */
export interface Watch extends Disposable {
  fact(fact: WatchFact): void;
}

/** Starts to watch; `onVerdict` is called at each fact and each tick. */
export function startWatch(limits: WatchLimits, clock: Clock, onVerdict: (verdict: WatchVerdict) => void): Watch {
  const state = watchStart(clock.monotonicMs());
  const fact = (one: WatchFact): void => onVerdict(watchStep(state, one, clock.monotonicMs(), limits));
  const timer = clock.every(TICK_MS, () => fact("tick"));
  return { fact, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/**
 * Whether a header may be of the stream that the facts describe: it says what the last one said. Where none has said a size
 * it is held against the frames'; it tells the size before rotation, so both ways are right.
 */
function fits({ codec, picture }: StreamHeader, facts: Facts): boolean {
  if (codec !== facts.codec) return false;
  if (picture === null) return true;
  if (facts.headerSize) return isSame(picture, facts.headerSize);
  return isSame(picture, facts) || isSame({ widthPx: picture.heightPx, heightPx: picture.widthPx }, facts);
}

function isSame(a: Size, b: Size): boolean {
  return a.widthPx === b.widthPx && a.heightPx === b.heightPx;
}

type Explained = Pick<ConnectionEnd, "how" | "error" | "message" | "news">;

function explainReason(reason: Reason, options: ConnectionOptions): Explained {
  const { display, limits, facts } = options;
  switch (reason.type) {
    case "stopped":
      return { how: "stopped", error: null, message: "", news: {} };
    case "renewed":
      return { how: "renewed", error: null, message: reason.why, news: {} };
    case "changed":
      return { how: "changed", error: null, message: changeText(reason.news, facts), news: reason.news };
    case "connect_expired":
      return lost(new PipelineError("E_SOURCE_TIMEOUT", `${display} did not open within ${limits.connectTimeoutMs} ms (live.connectTimeoutMs)`));
    case "first_frame_expired":
      return lost(new PipelineError("E_SOURCE_TIMEOUT", `${display} is open, but no frame came within ${limits.firstFrameTimeoutMs} ms (live.firstFrameTimeoutMs)`));
    case "silence_expired":
      return lost(new PipelineError("E_SOURCE_STALLED", `${display} was silent for ${limits.silenceTimeoutMs} ms (live.silenceTimeoutMs)`));
    case "ended":
      return lost(explainEnd(reason.end, options));
  }
}

function lost(error: PipelineError): Explained {
  return { how: "lost", error, message: error.message, news: {} };
}

function changeText({ frame, header }: ConnectionEnd["news"], facts: Facts): string {
  const size = frame ?? header?.picture;
  const before = (header && facts.headerSize) ?? facts;
  const codec = (name: string | undefined): string => (name === undefined ? "" : `${name} `);
  const now = `${codec(header?.codec)}${size ? `${size.widthPx}x${size.heightPx}` : "of unknown size"}`;
  return `the picture is now ${now}, it was ${codec(header && facts.codec)}${before.widthPx}x${before.heightPx}`;
}

/** A live source does not end by itself: also FFmpeg's exit status 0 is the other side's doing. */
function explainEnd({ how, frames, words }: RunEnd, { display, explain }: ConnectionOptions): PipelineError {
  if (how instanceof PipelineError) return how;
  const after = frames === 0 ? "before its first frame" : `after ${frames} frames`;
  if (how.signal !== null) return new PipelineError("E_FFMPEG_ENDED", `${display}: FFmpeg was ended by ${how.signal} ${after}`);
  if (how.code === 0) return new PipelineError("E_SOURCE_DISCONNECTED", `${display} ended the stream ${after}`);
  const why = explain(words.lastWords());
  if (frames === 0 || why.code !== "E_FFMPEG_ENDED") return why;
  return new PipelineError("E_SOURCE_DISCONNECTED", `${display} broke off ${after}: ${words.explanation() ?? "FFmpeg gave no reason"}`);
}
