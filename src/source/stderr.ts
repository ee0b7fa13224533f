import { redactUrl } from "../core/redact.js";

/** One frame as FFmpeg's showinfo filter reports it. */
export interface FrameInfo {
  /** Count since this filter graph was made, from 0. A new graph (the picture changed) starts again. */
  readonly n: number;
  /** Media time, ms; null when the frame has none. */
  readonly ptsMs: number | null;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** What is kept of FFmpeg's words. */
export interface StderrReader {
  /** Takes a chunk of stderr; calls `onFrame` for each showinfo line. */
  push(chunk: string): void;
  /** How many lines of level error or worse came, showinfo aside. */
  readonly errors: number;
  /** Whether FFmpeg said that the file ends too early. */
  readonly saysTruncated: boolean;
  /** The most telling line, without FFmpeg's prefixes and without secrets; undefined when it said nothing. */
  explanation(): string | undefined;
  /** The last lines of level warning or worse and of the input's header, as FFmpeg wrote them: they may hold secrets. For `explain`. */
  lastWords(): string;
}

const FRAME = /showinfo.*\] n: *(\d+) pts: *(\S+) .*? s:(\d+)x(\d+) /;
const TIME_BASE = /showinfo.*config in time_base: (\d+)\/(\d+)/;
const LEVEL = /\[(panic|fatal|error|warning)\] (.*)$/;
const TRUNCATED = /partial file|ended prematurely|moov atom not found|truncat|Packet corrupt/i;
/** Lines that follow from another one and explain nothing. */
const ECHO = /^(Conversion failed!?|Error (while|marking|opening|initializing|sending|submitting).*|Task finished.*|Terminating.*|Nothing was written.*|\S*: Invalid argument)!?$/;
/** Longest line that is looked at, characters: a hostile file can make FFmpeg print megabytes without a newline. */
const LINE_LIMIT = 4096;

/** Lines kept for `lastWords`. */
const WORDS_KEPT = 20;
/** Part of the header that says what the streams are. */
const HEADER = /Stream #0:\d+/;

/** Reads FFmpeg's stderr, run with `-loglevel level+info`. Memory is bounded: it keeps a few lines. */
export function readStderr(onFrame: (info: FrameInfo) => void): StderrReader {
  let rest = "";
  let timeBaseMs = 0;
  let errors = 0;
  let saysTruncated = false;
  let told: string | undefined;
  let echo: string | undefined;
  const kept: string[] = [];

  function line(text: string): void {
    const frame = FRAME.exec(text);
    if (frame) {
      const pts = Number(frame[2]);
      const ptsMs = Number.isFinite(pts) ? pts * timeBaseMs : null;
      return onFrame({ n: Number(frame[1]), ptsMs, widthPx: Number(frame[3]), heightPx: Number(frame[4]) });
    }
    const base = TIME_BASE.exec(text);
    if (base) {
      timeBaseMs = (1000 * Number(base[1])) / Number(base[2]);
      return;
    }
    const said = LEVEL.exec(text);
    if (said || HEADER.test(text)) keep(text);
    if (!said) return;
    const words = redactUrl(said[2] ?? "").trim();
    if (TRUNCATED.test(words)) saysTruncated = true;
    if (said[1] === "warning") return;
    errors += 1;
    if (ECHO.test(words)) echo = words;
    else told = words;
  }

  function keep(text: string): void {
    kept.push(text);
    if (kept.length > WORDS_KEPT) kept.shift();
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
    explanation: () => told ?? echo,
    lastWords: () => kept.join("\n"),
  };
}
