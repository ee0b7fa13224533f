import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";

/** How often deadlines are looked at, ms: one timer for all frames instead of one a frame. */
const CHECK_PERIOD_MS = 50;

/** Limits for one model run. A native run can't be ended from outside, so a hang is counted, reported, and at last fatal. */
export interface HangLimits {
  /** A frame whose answer has not come by then ends as `late`, ms. */
  readonly frameTimeoutMs: number;
  /** A run that is still out by then makes the pool stuck, ms. */
  readonly hangLimitMs: number;
}

/** Who waits for a task's answer hears at most one of these before it. */
export interface FlightListener {
  /** The deadline has passed. */
  late(): void;
  /** The pool is stuck: no answer is to be expected. */
  lost(error: PipelineError): void;
}

interface Flight {
  readonly sentMs: number;
  readonly listener: FlightListener;
  /** Tasks that could be out when this one was sent. */
  readonly capacity: number;
  isLate: boolean;
}

/** Watches the tasks that are out. */
export interface InFlight extends Disposable {
  /** Notes a task. The returned function says that it is back. */
  sent(listener: FlightListener): () => void;
  /** Settles when nothing is out any more, or with the stuck error when that comes first. */
  drained(): Promise<PipelineError | undefined>;
  readonly stuck: Promise<PipelineError>;
}

/** Starts the watch. As many tasks out and late at once as `capacity` now says mean that every thread is lost. */
export function watchInFlight(capacity: () => number, limits: HangLimits, clock: Clock): InFlight {
  const flights = new Set<Flight>();
  const stuck = deferred<PipelineError>();
  let empty = deferred();

  function check(): void {
    const now = clock.monotonicMs();
    let late = 0;
    let oldestMs = 0;
    for (const flight of flights) {
      const outMs = now - flight.sentMs;
      oldestMs = Math.max(oldestMs, outMs);
      if (outMs < limits.frameTimeoutMs) continue;
      late += 1;
      if (!flight.isLate) {
        flight.isLate = true;
        flight.listener.late();
      }
    }
    // A capacity that was lowered meanwhile says nothing about tasks from before: one thread may have got two of them.
    const most = Math.max(capacity(), ...[...flights].map((flight) => flight.capacity));
    if (late >= most || oldestMs >= limits.hangLimitMs) {
      const seen = `${late} of ${most} model runs hang, the oldest for ${Math.round(oldestMs)} ms`;
      const error = new PipelineError("E_POOL_STUCK", `${seen} (limit inference.hangLimitMs ${limits.hangLimitMs} ms)`);
      stuck.resolve(error);
      for (const flight of flights) flight.listener.lost(error);
    }
  }

  const timer = clock.every(CHECK_PERIOD_MS, check);
  return {
    stuck: stuck.promise,
    sent(listener) {
      const flight: Flight = { sentMs: clock.monotonicMs(), listener, capacity: capacity(), isLate: false };
      flights.add(flight);
      return () => {
        flights.delete(flight);
        if (flights.size > 0) return;
        empty.resolve();
        empty = deferred();
      };
    },
    async drained() {
      if (flights.size === 0) return undefined;
      return Promise.race([empty.promise.then(() => undefined), stuck.promise]);
    },
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
