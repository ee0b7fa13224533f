import { pause, type Clock } from "../core/clock.js";

/** Between the starts of two live streams, ms: thirty cameras connect within three seconds, not in one instant. */
export const STAGGER_MS = 100;

/** Lets callers in one after another. */
export type Stagger = (signal: AbortSignal) => Promise<void>;

/** The first caller goes at once, each further one `periodMs` after the one before; an abort lets a caller go at once. */
export function stagger(periodMs: number, clock: Clock): Stagger {
  let nextMs = -Infinity;
  return async (signal) => {
    const now = clock.monotonicMs();
    const dueMs = Math.max(now, nextMs);
    nextMs = dueMs + periodMs;
    if (dueMs === now || signal.aborted) return;
    await pause(dueMs - now, clock, signal);
  };
}
