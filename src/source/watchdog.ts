/** How long each part of a connection may take, ms. */
export interface WatchLimits {
  /** Until the stream is open: FFmpeg has said what is in it. */
  readonly connectTimeoutMs: number;
  /** From then until the first frame. */
  readonly firstFrameTimeoutMs: number;
  /** Between two frames. Half of it is `stalled`. */
  readonly silenceTimeoutMs: number;
}

/** What the machine is told: the stream is open, a frame came, the timer rang. */
export type WatchFact = "opened" | "frame" | "tick";

/** A limit that has passed: the connection is to be given up. */
export type WatchExpiry = "connect_expired" | "first_frame_expired" | "silence_expired";

/** What it says of the connection. */
export type WatchVerdict = "connecting" | "live" | "stalled" | "blocked" | WatchExpiry;

/** Whether a verdict gives the connection up. */
export function isExpiry(verdict: WatchVerdict): verdict is WatchExpiry {
  return verdict === "connect_expired" || verdict === "first_frame_expired" || verdict === "silence_expired";
}

/** What is remembered of one connection. */
export interface WatchState {
  phase: "connecting" | "opened" | "flowing";
  /** When the running limit began, ms. */
  sinceMs: number;
  tickedMs: number;
}

/** How often the timer is to ring, ms. */
export const TICK_MS = 200;
/** A tick that comes this much too late means that we did not run, and did not read either, ms. */
export const LATE_TICK_MS = 1000;

/** The state at the start of a connection. */
export function watchStart(nowMs: number): WatchState {
  return { phase: "connecting", sinceMs: nowMs, tickedMs: nowMs };
}

/**
 * Takes one fact and says how the connection is. Pure but for `state`, which is updated in place; `nowMs` is of the
 * monotonic clock. Only a tick can give a connection up, and never a late one: what the source sent meanwhile lies unread
 * in a pipe, so its silence is counted anew from there.
 */
export function watchStep(state: WatchState, fact: WatchFact, nowMs: number, limits: WatchLimits): WatchVerdict {
  switch (fact) {
    case "opened":
      if (state.phase === "connecting") begin(state, "opened", nowMs);
      return state.phase === "flowing" ? "live" : "connecting";
    case "frame":
      begin(state, "flowing", nowMs);
      return "live";
    case "tick":
      return tick(state, nowMs, limits);
  }
}

function begin(state: WatchState, phase: WatchState["phase"], nowMs: number): void {
  state.phase = phase;
  state.sinceMs = nowMs;
}

function tick(state: WatchState, nowMs: number, limits: WatchLimits): WatchVerdict {
  const late = nowMs - state.tickedMs > TICK_MS + LATE_TICK_MS;
  state.tickedMs = nowMs;
  if (late) {
    state.sinceMs = nowMs;
    return "blocked";
  }
  const passedMs = nowMs - state.sinceMs;
  if (state.phase === "connecting") return passedMs > limits.connectTimeoutMs ? "connect_expired" : "connecting";
  if (state.phase === "opened") return passedMs > limits.firstFrameTimeoutMs ? "first_frame_expired" : "connecting";
  if (passedMs > limits.silenceTimeoutMs) return "silence_expired";
  return passedMs > limits.silenceTimeoutMs / 2 ? "stalled" : "live";
}
