import type { Clock } from "../../src/core/clock.js";

interface Timer {
  dueMs: number;
  readonly periodMs: number | undefined;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes on by `durationMs` and calls back every timer that falls due on the way, in order. */
  advance(durationMs: number): void;
}

/** Makes a clock at 0 ms; its wall clock starts at `wallStartMs`, ms since 1970. */
export function manualClock(wallStartMs = 0): ManualClock {
  let nowMs = 0;
  const timers = new Set<Timer>();
  const add = (delayMs: number, periodMs: number | undefined, callback: () => void): Disposable => {
    const timer = { dueMs: nowMs + delayMs, periodMs, callback };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
  return {
    monotonicMs: () => nowMs,
    wallMs: () => wallStartMs + nowMs,
    after: (delayMs, callback) => add(delayMs, undefined, callback),
    every: (periodMs, callback) => add(periodMs, periodMs, callback),
    hold: () => ({ [Symbol.dispose]: () => undefined }),
    advance(durationMs) {
      const untilMs = nowMs + durationMs;
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        nowMs = timer.dueMs;
        if (timer.periodMs === undefined) timers.delete(timer);
        else timer.dueMs += timer.periodMs;
        timer.callback();
      }
      nowMs = untilMs;
    },
  };
}
