import type { DecodeMode, DecodeWish } from "./frame-kinds.js";
import type { HardwareDecoding } from "./input.js";
import type { Probe } from "./probe.js";

/** What the choice depends on. */
export interface DecodeFacts {
  readonly probe: Pick<Probe, "codec" | "widthPx" | "heightPx" | "fps" | "gaps">;
  readonly wish: DecodeWish;
  /** Most frames a second that are wanted; null = all. */
  readonly maxFps: number | null;
  readonly everyNth: number;
  /** Whether it is a file that is read as fast as it goes: its frames' numbers are their places in it, which others rely on. */
  readonly isWholeFile: boolean;
  readonly hwaccel: HardwareDecoding;
  readonly threads: "auto" | number;
  /** Cores we may use, and streams that share them. */
  readonly cores: number;
  readonly streams: number;
}

/** How a stream is decoded. */
export interface DecodePlan {
  readonly mode: DecodeMode;
  readonly threads: number;
  /** Why this mode, for people. */
  readonly why: string;
}

/** From so many regular gaps on, those that were not looked at are taken to be the same: a camera's key frames have a clock. */
const REGULAR_GAPS = 2;
/** Taken as a stream's rate where it states none. */
export const DEFAULT_FPS = 25;
/** Skipping is of use when so many of ten frames, at most, are left. */
const WORTH_SHARE = 0.9;

/** Chooses the least that delivers the wanted rate, and as many threads as are of use. Pure. */
export function chooseDecode(facts: DecodeFacts): DecodePlan {
  const chosen = chooseMode(facts);
  return { ...chosen, threads: threadsFor(facts, chosen.mode) };
}

function chooseMode({ probe, wish, maxFps, everyNth, isWholeFile, hwaccel }: DecodeFacts): Pick<DecodePlan, "mode" | "why"> {
  if (wish !== "auto") return { mode: wish, why: `source.decode is ${wish}` };
  const all = (why: string) => ({ mode: "all", why }) as const;
  if (maxFps === null) return all("no rate is set (live.maxFps)");
  if (isWholeFile) return all("a file's frames are numbered by their places");
  if (everyNth > 1) return all("source.everyNth counts every frame");
  if (hwaccel === "qsv") return all("Quick Sync's decoders leave none out");
  if (probe.codec === "mjpeg") return all("each frame stands for itself");
  const { gaps } = probe;
  const wanted = `${round(maxFps)} fps wanted`;
  if (!gaps?.frames || !gaps.keys) return all(`${wanted}; how far apart its key frames are is not known`);
  const { frames, keys, references, isWhole } = gaps;
  const periodMs = 1000 / maxFps;
  const slackMs = 500 / (probe.fps ?? DEFAULT_FPS);
  if (keys.count >= WORTH_SHARE * frames.count) return all("each frame stands for itself");
  const isRegular = isWhole || (keys.count >= REGULAR_GAPS && keys.longestMs - keys.shortestMs <= slackMs);
  if (isRegular && keys.longestMs <= periodMs + slackMs) return { mode: "keys", why: `${wanted}, and a key frame comes every ${seconds(keys.longestMs)} s` };
  const apart = keys.longestMs <= periodMs + slackMs ? "its key frames come as they like" : `its key frames are up to ${seconds(keys.longestMs)} s apart`;
  if (references && references.longestMs <= periodMs && references.count < WORTH_SHARE * frames.count) {
    return { mode: "noref", why: `${wanted}; ${apart}, but the frames that others refer to are enough` };
  }
  return all(`${wanted}; ${apart}`);
}

/** Above this many pixels one decoder thread would be the narrowest place; below, more only take cores from the model. */
const ONE_THREAD_PIXELS = 1920 * 1088;
/** FFmpeg's own bound: more threads hold more frames back than they save. */
const MOST_THREADS = 16;

/** Large pictures have the cores there are, in equal parts; each thread holds a frame, and with one a stream they are as many as the streams anyway. */
function threadsFor({ probe: { widthPx, heightPx }, threads, cores, streams }: DecodeFacts, mode: DecodeMode): number {
  if (threads !== "auto") return threads;
  if (mode === "keys" || widthPx * heightPx <= ONE_THREAD_PIXELS) return 1;
  return Math.min(MOST_THREADS, Math.max(1, Math.floor(cores / Math.max(1, streams))));
}

const WORDS: Readonly<Record<DecodeMode, string>> = {
  all: "decodes every frame",
  noref: "decodes only frames that others refer to",
  keys: "decodes key frames only",
};

/** A plan in one line: `decodes key frames only (1 fps wanted, and a key frame comes every 1 s), 1 thread`. Pure. */
export function decodeText({ mode, threads, why }: DecodePlan, hwaccel: HardwareDecoding): string {
  const where = hwaccel === "none" ? "" : `, on the graphics processor (${hwaccel})`;
  return `${WORDS[mode]} (${why}), ${threads} ${threads === 1 ? "thread" : "threads"}${where}`;
}

const seconds = (ms: number): string => String(Number((ms / 1000).toFixed(2)));
const round = (fps: number): string => String(Number(fps.toFixed(2)));

/** Whether `mode` leaves out more than `other`. */
export function skipsMore(mode: DecodeMode, other: DecodeMode): boolean {
  const order = ["all", "noref", "keys"] as const satisfies readonly DecodeMode[];
  return order.indexOf(mode) > order.indexOf(other);
}

/** Below this many of the wanted frames, over so many gaps and then over as many again, a stream is not what its plan took it for. */
const LEAST_SHARE = 0.8;
const WATCHED_GAPS = 4;

/**
 * Watches what comes while frames are left out: a camera may be set to other key frames while it runs. What was lost once on the
 * way is no such thing. Takes each frame's time, ms; returns the rate that came once it is clearly below the wanted one.
 */
export function rateGuard(): (ptsMs: number | null, maxFps: number | null) => number | undefined {
  let newestMs = Infinity;
  let rate: number | null = null;
  let firstMs = 0;
  let gaps = 0;
  let wasLow = false;
  const begin = (ptsMs: number): void => {
    firstMs = ptsMs;
    gaps = 0;
  };
  return (ptsMs, maxFps) => {
    if (ptsMs === null || maxFps === null) return undefined;
    if (ptsMs < newestMs || maxFps !== rate) {
      begin(ptsMs);
      wasLow = false;
    } else gaps += 1;
    [newestMs, rate] = [ptsMs, maxFps];
    if (gaps < WATCHED_GAPS) return undefined;
    const fps = (1000 * WATCHED_GAPS) / (ptsMs - firstMs);
    const isLow = fps < LEAST_SHARE * maxFps;
    const isSure = isLow && wasLow;
    wasLow = isLow;
    begin(ptsMs);
    return isSure ? fps : undefined;
  };
}
