import type { Clock } from "../core/clock.js";
import type { SkipCause } from "../core/frame.js";
import type { StreamStats } from "../core/stats.js";
import type { Notice } from "./session.js";

/** Drops are looked at once a second; while they go on, lines come ever more seldom. */
const FIRST_PERIOD_MS = 1000;
const LONGEST_PERIOD_MS = 60_000;
/** Streams that a line names; the others are counted. */
const NAMED_STREAMS = 5;
/** What is skipped because the machine can't keep up. What a highest rate leaves out, or a stop, is as it should be. */
const OVERLOAD: readonly SkipCause[] = ["busy", "too_old", "no_slot"];

type Counts = Readonly<Partial<Record<SkipCause, number>>>;

/**
 * Tells of frames that were skipped under overload: one line for all streams together, at most one a second, and less
 * often the longer it goes on. Two quiet minutes start anew.
 */
export function tellDrops(stats: () => readonly StreamStats[], notice: (one: Notice) => void, clock: Clock): Disposable {
  let told = new Map<string, StreamStats["skipped"]>();
  let periodMs = FIRST_PERIOD_MS;
  let nextMs = -Infinity;
  let lastDropMs = -Infinity;
  return clock.every(FIRST_PERIOD_MS, () => {
    const now = clock.monotonicMs();
    if (now < nextMs) return;
    const streams = stats();
    const message = dropsText(streams.map(({ stream, skipped }) => ({ stream, dropped: since(skipped, told.get(stream)) })));
    told = new Map(streams.map(({ stream, skipped }) => [stream, skipped]));
    if (message === "") return;
    if (now - lastDropMs > 2 * LONGEST_PERIOD_MS) periodMs = FIRST_PERIOD_MS;
    lastDropMs = now;
    nextMs = now + periodMs;
    periodMs = Math.min(LONGEST_PERIOD_MS, periodMs * 2);
    notice({ level: "warn", message });
  });
}

function since(now: Counts, before: Counts | undefined): Counts {
  return Object.fromEntries(OVERLOAD.map((cause) => [cause, (now[cause] ?? 0) - (before?.[cause] ?? 0)]));
}

/** `gate: 37 frames skipped (busy 30, too_old 7); yard: 2 frames skipped (busy 2)`, the worst first; empty when there are none. Pure. */
export function dropsText(streams: readonly { readonly stream: string; readonly dropped: Counts }[]): string {
  const dropping = streams
    .map(({ stream, dropped }) => ({ stream, causes: Object.entries(dropped).filter(([, count]) => count > 0), frames: Object.values(dropped).reduce((sum, n) => sum + n, 0) }))
    .filter(({ causes }) => causes.length > 0)
    .sort((a, b) => b.frames - a.frames);
  const texts = dropping.slice(0, NAMED_STREAMS).map(({ stream, causes, frames }) => {
    const by = causes.sort(([, a], [, b]) => b - a).map(([cause, count]) => `${cause} ${count}`);
    return `${stream}: ${frames} frame${frames === 1 ? "" : "s"} skipped (${by.join(", ")})`;
  });
  const others = dropping.slice(NAMED_STREAMS);
  if (others.length > 0) texts.push(`${others.length} more: ${others.reduce((sum, { frames }) => sum + frames, 0)} frames`);
  return texts.join("; ");
}
