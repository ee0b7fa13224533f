import { redactUrl } from "../core/redact.js";
import { readsAsHwFallback } from "./explain.js";

/** One frame as FFmpeg's showinfo filter reports it. */
export interface FrameInfo {
  /** Which showinfo says it, by its name in our graph; only = it has none. */
  readonly at: "only" | "all" | "kept" | "seen";
  /** Count since this filter graph was made, from 0. A new graph (the picture changed) starts again. */
  readonly n: number;
  /** Media time, ms; null when the frame has none. */
  readonly ptsMs: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The video stream as FFmpeg announces it once the input is open. */
export interface StreamHeader {
  readonly codec: string;
  /** null when FFmpeg does not know it yet: then it found no key frame in the time that it looks. */
  readonly picture: {
    readonly pixelFormat: string;
    /** As it is stored, before rotation, px. */
    readonly widthPx: number;
    readonly heightPx: number;
    /** What stands in brackets behind the pixel format: `tv, bt709, progressive`. */
    readonly colours: string;
    readonly fps: number | null;
  } | null;
}

/** What is kept of FFmpeg's words. */
export interface StderrReader {
  /** Takes a chunk of stderr; calls `onFrame` for each showinfo line. */
  push(chunk: string): void;
  /** How many lines of level error or worse came, showinfo aside. */
  readonly errors: number;
  /** Whether FFmpeg said that the file ends too early. */
  readonly saysTruncated: boolean;
  /** The last lines of level warning or worse, without FFmpeg's prefixes and without secrets. */
  lastWords(): string;
  /** The most telling line, without FFmpeg's prefixes and without secrets; undefined when it said nothing. */
  explanation(): string | undefined;
}

const FRAME = /showinfo(?:@(all|kept|seen))?.*\] n: *(\d+) pts: *(\S+) .*? s:(\d+)x(\d+) /;
const TIME_BASE = /showinfo.*config in time_base: (\d+)\/(\d+)/;
const VIDEO = /Stream #0:\d+.*?: Video: (\w+)(.*)$/;
const PICTURE = /, (\w+)(?:\(([^)]*)\))?, (\d{1,5})x(\d{1,5})(?=[ ,]|$)/;
const FPS = /, ([\d.]+) fps/;
const LEVEL = /\[(panic|fatal|error|warning)\] (.*)$/;
const TRUNCATED = /partial file|ended prematurely|moov atom not found|truncat|Packet corrupt/i;
/** Lines that follow from another one and explain nothing. */
const ECHO = /^(Conversion failed!?|Error (while|marking|opening|initializing|sending|submitting).*|Task finished.*|Terminating.*|Nothing was written.*|\S*: Invalid argument)!?$/;
/** Longest line that is looked at, characters: a hostile file can make FFmpeg print megabytes without a newline. */
const LINE_LIMIT = 4096;
/** Lines that are kept for an explanation. */
const KEPT_LINES = 12;

/**
 * Reads FFmpeg's stderr, run with `-loglevel level+info`. Memory is bounded: it keeps a few lines. `onOpened` is called
 * once, when the input is open; `onSoftware` when FFmpeg decodes in software although a graphics processor was asked for.
 */
export function readStderr(onFrame: (info: FrameInfo) => void, onOpened: (header: StreamHeader) => void = () => undefined, onSoftware: () => void = () => undefined): StderrReader {
  let rest = "";
  let timeBaseMs = 0;
  let errors = 0;
  let saysTruncated = false;
  let told: string | undefined;
  let echo: string | undefined;
  let opened = false;
  const last: string[] = [];

  function line(text: string): void {
    const frame = FRAME.exec(text);
    if (frame) {
      const pts = Number(frame[3]);
      const ptsMs = Number.isFinite(pts) ? pts * timeBaseMs : null;
      const at = (frame[1] ?? "only") as FrameInfo["at"];
      return onFrame({ at, n: Number(frame[2]), ptsMs, widthPx: Number(frame[4]), heightPx: Number(frame[5]) });
    }
    const base = TIME_BASE.exec(text);
    if (base) {
      timeBaseMs = (1000 * Number(base[1])) / Number(base[2]);
      return;
    }
    if (readsAsHwFallback(text)) onSoftware();
    const video = opened ? null : VIDEO.exec(text);
    if (video) {
      opened = true;
      return onOpened(headerOf(video[1] ?? "", video[2] ?? ""));
    }
    const said = LEVEL.exec(text);
    if (!said) return;
    const words = redactUrl(said[2] ?? "").trim();
    last.push(words);
    if (last.length > KEPT_LINES) last.shift();
    if (TRUNCATED.test(words)) saysTruncated = true;
    if (said[1] === "warning") return;
    errors += 1;
    if (ECHO.test(words)) echo = words;
    else told = words;
  }

  return {
    push(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = (lines.pop() ?? "").slice(0, LINE_LIMIT);
      for (const text of lines) line(text.slice(0, LINE_LIMIT));
    },
    get errors() {
      return errors;
    },
    get saysTruncated() {
      return saysTruncated;
    },
    lastWords: () => last.join("\n"),
    explanation: () => told ?? echo,
  };
}

function headerOf(codec: string, rest: string): StreamHeader {
  const picture = PICTURE.exec(rest);
  if (!picture) return { codec, picture: null };
  const [, pixelFormat = "", colours = "", width, height] = picture;
  const fps = Number(FPS.exec(rest)?.[1] ?? NaN);
  return { codec, picture: { pixelFormat, colours, widthPx: Number(width), heightPx: Number(height), fps: fps > 0 ? fps : null } };
}
