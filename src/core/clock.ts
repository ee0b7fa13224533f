/** Time as an argument. The only file that reads the machine's clocks, sets bare timers or throws dice. */
export interface Clock {
  /** Milliseconds from an arbitrary start, never going back. For durations. */
  monotonicMs(): number;
  /** Milliseconds since 1970-01-01 UTC. For times of day. */
  wallMs(): number;
  /** Calls back once after `delayMs`; disposing forgets it. A pending timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Disposable;
  /** Calls back every `periodMs` until disposed. Does not keep the process alive. */
  every(periodMs: number, callback: () => void): Disposable;
  /** Keeps the process alive until disposed, for what waits on timers alone. */
  hold(): Disposable;
}

/** A timer of this period does nothing but be there, ms. */
const HOLD_PERIOD_MS = 60_000;

/** Settles after a while, or as soon as it is aborted. */
export function pause(durationMs: number, clock: Clock, stop?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer[Symbol.dispose]();
      stop?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(durationMs, done);
    stop?.addEventListener("abort", done);
    if (stop?.aborted) done();
  });
}

/** Chance as an argument: 0 (inclusive) to 1. */
export const systemRandom = (): number => Math.random();

/** A browser's timers are numbers, and keep nothing alive. */
const unref = (timer: Partial<NodeJS.Timeout>): void => void timer.unref?.();

/** The machine's own clocks; also in a browser. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    unref(timer);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  every: (periodMs, callback) => {
    const timer = setInterval(callback, periodMs);
    unref(timer);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
  hold: () => {
    const timer = setInterval(() => undefined, HOLD_PERIOD_MS);
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};
