import type { Clock } from "../core/clock.js";
import type { PlaybackState } from "../wire/index.js";

/** How playing time goes by. */
export interface Pace {
  speed: PlaybackState["speed"];
  /** Playing time now, ms; as fast as it can be, time stands where it was set last. */
  nowMs(): number;
  /** Playing time goes on from here, now. */
  set(playMs: number): void;
  /** How long to wait, ms, until a playing time is reached; 0 or less = no longer. */
  untilMs(playMs: number): number;
}

/** Begins at 0. */
export function openPace(speed: PlaybackState["speed"], clock: Clock): Pace {
  let anchor = { playMs: 0, atMs: clock.monotonicMs() };
  const pace: Pace = {
    speed,
    nowMs: () => (pace.speed === "max" ? anchor.playMs : anchor.playMs + (clock.monotonicMs() - anchor.atMs) * pace.speed),
    set: (playMs) => void (anchor = { playMs, atMs: clock.monotonicMs() }),
    untilMs: (playMs) => (pace.speed === "max" ? 0 : (playMs - pace.nowMs()) / pace.speed),
  };
  return pace;
}
