import type { Clock } from "../core/clock.js";

/** What a client may spend at once, and gets back in a second. An acknowledgement is for one picture: hundreds a second are usual. */
const MOST = 10_000;
const BACK_PER_S = 1_000;
/** So 200 requests at once and 20 a second; and 1,000 acknowledgements a second. */
const COST = { request: 50, acknowledgement: 1 } as const;

/** Bounds how often one client may ask. Returns false when it has asked too often. */
export function requestBudget(clock: Clock): (kind: keyof typeof COST) => boolean {
  let left = MOST;
  let atMs = clock.monotonicMs();
  return (kind) => {
    const nowMs = clock.monotonicMs();
    left = Math.min(MOST, left + ((nowMs - atMs) / 1000) * BACK_PER_S) - COST[kind];
    atMs = nowMs;
    return left >= 0;
  };
}
