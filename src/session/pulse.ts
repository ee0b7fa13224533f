import type { StreamStats } from "../core/stats.js";

/** Whether a session does what it is there for, as a service manager wants to know it. */
export interface Pulse {
  /** Every stream that is not over has its model loaded and run once. */
  readonly isWarm: boolean;
  /** Model runs that are out. */
  readonly runsOut: number;
  /** Frames that have ended since the session began: it rises as long as the pools live. */
  readonly outcomes: number;
}

const OVER: ReadonlySet<StreamStats["state"]> = new Set<StreamStats["state"]>(["ended", "failed", "paused"]);

/** Adds up a session. Pure. `isWarm` of a stream tells of its model. */
export function pulseOf(streams: readonly StreamStats[], isWarm: (stream: string) => boolean, runsOut: number): Pulse {
  return {
    isWarm: streams.every(({ stream, state }) => OVER.has(state) || isWarm(stream)),
    runsOut,
    outcomes: streams.reduce((sum, { outcomes }) => sum + Object.values(outcomes).reduce((one, count) => one + count, 0), 0),
  };
}
