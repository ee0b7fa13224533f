import type { Clock } from "../core/clock.js";
import type { StreamStats } from "../core/stats.js";
import { listed, sum, totalsOf, type Totals } from "./figures.js";
import { printable, type Terminal } from "./terminal.js";

/** How often a person's line is drawn anew, and how often a log gets one, ms. */
const REDRAW_MS = 200;
const LOG_PERIOD_MS = 10_000;

/** Shows how far a run is until it is disposed: a line that is redrawn on a terminal, a line now and then elsewhere. */
export function showProgress(
  stats: () => readonly StreamStats[],
  head: (streams: readonly StreamStats[]) => string,
  terminal: Terminal,
  clock: Clock,
): Disposable {
  const text = (): string => {
    const streams = stats();
    return printable(progressText(head(streams), streams));
  };
  return showLine(text, terminal, clock);
}

/** Shows a line of progress until it is disposed: redrawn on a terminal, now and then elsewhere. */
export function showLine(text: () => string, terminal: Terminal, clock: Clock): Disposable {
  if (!terminal.isInteractive) return clock.every(LOG_PERIOD_MS, () => terminal.say(text()));
  const timer = clock.every(REDRAW_MS, () => terminal.status(cut(text(), terminal.columns)));
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      terminal.status("");
    },
  };
}

/** Streams that are named in a line; more are counted. */
const NAMED_STREAMS = 3;

/** Names of a few streams, or how many there are, and how many of them have failed. Streams come and go. Pure. */
export function headOf(streams: readonly StreamStats[]): string {
  if (streams.length <= NAMED_STREAMS) return streams.map(({ stream }) => stream).join(" ");
  const failed = streams.filter(({ state }) => state === "failed").length;
  return `${streams.length} streams${failed > 0 ? `, ${failed} failed` : ""}`;
}

/** Frames, share and time left where they are known, rate, objects, drops. Pure. */
export function progressText(head: string, streams: readonly StreamStats[]): string {
  // What has ended has the rate of its whole run, which is nobody's rate now.
  const running = streams.filter(({ state }) => state !== "ended" && state !== "failed");
  const { fps } = totalsOf(running.length > 0 ? running : streams);
  const totals = { ...totalsOf(streams), fps };
  const dropped = sum(Object.values(totals.skipped));
  const { failed = 0, late = 0 } = totals.outcomes;
  const parts = [
    `${head}  ${frames(totals)}`,
    `${totals.fps.toFixed(1)} fps`,
    timeLeft(totals),
    `${sum(Object.values(totals.objects))} objects`,
    `${dropped} dropped`,
    failed + late > 0 ? `${failed + late} failed` : "",
    trouble(streams),
  ];
  return parts.filter((part) => part !== "").join("  ");
}

/** Cuts to a terminal's width; the last column stays free, since some terminals wrap as soon as it is written. */
export function cut(text: string, columns: number): string {
  return text.length < columns ? text : `${text.slice(0, Math.max(0, columns - 2))}…`;
}

/** What keeps streams from being live: of one stream the words, of several a count for each state. */
function trouble(streams: readonly StreamStats[]): string {
  const troubled = streams.filter(({ state }) => state === "stalled" || state === "blocked" || state === "reconnecting");
  const [only] = troubled;
  if (streams.length === 1 && only) return `${only.state}${only.error ? `: ${only.error.message}` : ""}`;
  return listed(countBy(troubled.map(({ state }) => state)));
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function frames({ decoded, inHouse, expectedFrames }: Totals): string {
  const done = decoded - inHouse;
  if (expectedFrames === null) return `${done} frames`;
  const percent = Math.min(100, Math.floor((100 * done) / Math.max(1, expectedFrames)));
  return `${done}/${expectedFrames} frames  ${percent}%`;
}

function timeLeft({ decoded, inHouse, expectedFrames, fps }: Totals): string {
  if (expectedFrames === null || fps <= 0) return "";
  const seconds = Math.round(Math.max(0, expectedFrames - decoded + inHouse) / fps);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number: number): string => String(number).padStart(2, "0");
  return `ETA ${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
