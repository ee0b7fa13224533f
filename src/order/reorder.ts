import type { FrameOutcome, SkipCause } from "../core/frame.js";
import { invariant } from "../core/invariant.js";

/**
 * Puts results back in order. Pure: the state goes in with each step, what may leave comes out.
 *
 *   announced, in order:   7      8      9      10     11
 *   ended so far:          -      ok     skip   -      ok
 *                          ^ head: nothing leaves until 7 ends, then 7, 8 (+1 skip), and it waits for 10
 *
 * Every announced frame ends or is skipped (the pool's deadline sees to that), so the head never blocks for good.
 * The window is bounded by admission, which looks at no frame that is too far ahead of the oldest one out.
 */
export type OrderInput =
  | { readonly type: "announced"; readonly frame: number }
  | { readonly type: "skipped"; readonly frame: number; readonly cause: SkipCause }
  | { readonly type: "ended"; readonly outcome: FrameOutcome };

/** One frame that may leave now. */
export interface Ordered {
  readonly outcome: FrameOutcome;
  /** Frames not looked at since the one that left before, by cause; undefined when none. */
  readonly skipped: Readonly<Partial<Record<SkipCause, number>>> | undefined;
  /** Of a still frame: the last detected frame that left before it, whose objects are still there. */
  readonly unchangedSince?: number;
}

type Entry = FrameOutcome | SkipCause | undefined;

/** What one stream's order remembers. */
export interface OrderState {
  /** Announced frames that have not left, ascending: the Map keeps insertion order. */
  readonly waiting: Map<number, Entry>;
  /** Skips since the last frame that left. */
  skipped: Partial<Record<SkipCause, number>> | undefined;
  /** The last detected frame that left; undefined before the first. */
  detected: number | undefined;
  /** The highest number announced so far; -1 before the first. */
  lastAnnounced: number;
}

/** The state before the first frame. */
export function orderStart(): OrderState {
  return { waiting: new Map(), skipped: undefined, detected: undefined, lastAnnounced: -1 };
}

/**
 * Takes one fact and returns the frames that leave because of it, ascending.
 * `state` is updated in place and belongs to the caller. Throws (invariant) when a number comes twice or unannounced.
 */
export function orderStep(state: OrderState, input: OrderInput): readonly Ordered[] {
  switch (input.type) {
    case "announced":
      invariant(input.frame > state.lastAnnounced, `frame ${input.frame} announced after ${state.lastAnnounced}`);
      state.lastAnnounced = input.frame;
      state.waiting.set(input.frame, undefined);
      return NOTHING;
    case "skipped":
      return settle(state, input.frame, input.cause);
    case "ended":
      return settle(state, input.outcome.header.frame, input.outcome);
  }
}

const NOTHING: readonly Ordered[] = [];

function settle(state: OrderState, frame: number, entry: Exclude<Entry, undefined>): readonly Ordered[] {
  invariant(state.waiting.has(frame), `frame ${frame} ended without being announced, or twice`);
  invariant(state.waiting.get(frame) === undefined, `frame ${frame} ended twice`);
  state.waiting.set(frame, entry);
  const leaving: Ordered[] = [];
  for (const [number, done] of state.waiting) {
    if (done === undefined) break;
    state.waiting.delete(number);
    if (typeof done === "string") {
      state.skipped = { ...state.skipped, [done]: (state.skipped?.[done] ?? 0) + 1 };
    } else {
      const { detected } = state;
      leaving.push({ outcome: done, skipped: state.skipped, ...(done.kind === "still" && detected !== undefined && { unchangedSince: detected }) });
      if (done.kind === "detected") state.detected = done.header.frame;
      state.skipped = undefined;
    }
  }
  return leaving;
}
