/** Why a frame is to be inferred, or that it need not be. */
export type Verdict =
  /** The gate does not know the scene yet. */
  | "unsure"
  /** Something moves. */
  | "moving"
  /** Something moved not long ago, or what moved was not looked at yet. */
  | "holding"
  /** Nothing was looked at for long. */
  | "due"
  /** Nothing has changed. */
  | "still";

/** A frame in the gate's eyes. Its time is of one clock for all frames of a stream, ms. */
export interface GateFrame {
  readonly frame: number;
  readonly timeMs: number;
}

/** How long is looked on. */
export interface WishTimes {
  /** After the last motion, ms. */
  readonly holdMs: number;
  /** At least so often in any case, ms. */
  readonly refreshMs: number;
}

/** What is remembered of the frames so far. */
export interface WishState {
  /** The last frame that something moved in, or that was unsure. */
  moved: GateFrame | null;
  /** The last frame that came back detected. */
  seen: GateFrame | null;
  /** The last frame that was wished and has not ended. */
  out: GateFrame | null;
}

/** The state before the first frame. */
export function wishStart(): WishState {
  return { moved: null, seen: null, out: null };
}

/**
 * Decides on a frame; `state` is updated in place. A wish stays until a frame that is as new came back detected: one that was
 * pushed out, or failed, leaves it to the next.
 */
export function wishFor(state: WishState, frame: GateFrame, look: { readonly isUnsure: boolean; readonly movingCells: number }, times: WishTimes): Verdict {
  const verdict = judge(state, frame, look, times);
  if (verdict === "unsure" || verdict === "moving") state.moved = frame;
  if (verdict !== "still") state.out = frame;
  return verdict;
}

function judge({ moved, seen, out }: WishState, { timeMs }: GateFrame, look: { readonly isUnsure: boolean; readonly movingCells: number }, { holdMs, refreshMs }: WishTimes): Verdict {
  // Time that goes back is of another round of a clip.
  if (look.isUnsure || moved === null || timeMs < moved.timeMs) return "unsure";
  if (look.movingCells > 0) return "moving";
  if (timeMs - moved.timeMs < holdMs || seen === null || seen.frame < moved.frame) return "holding";
  const lookedMs = Math.max(seen.timeMs, out?.timeMs ?? -Infinity);
  return timeMs - lookedMs >= refreshMs ? "due" : "still";
}

/** A wished frame came back. */
export function wishSeen(state: WishState, frame: GateFrame): void {
  if (state.seen === null || frame.frame > state.seen.frame) state.seen = frame;
  wishOver(state, frame.frame);
}

/** A wished frame ended in any way. */
export function wishOver(state: WishState, frame: number): void {
  if (state.out?.frame === frame) state.out = null;
}
