/** What is decoded: every frame, those that others refer to, or those that stand for themselves. */
export type DecodeMode = "all" | "noref" | "keys";
/** What is wished; auto = the least that delivers the wanted rate. */
export type DecodeWish = "auto" | DecodeMode;

/** How far apart some frames are by their own times, in the part that was looked at, ms. */
export interface Gaps {
  /** How many gaps. */
  readonly count: number;
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** What is known of a stream's kinds of frames. null = not looked at, or fewer than two came. */
export interface FrameGaps {
  readonly frames: Gaps | null;
  readonly keys: Gaps | null;
  /** Those that are left when frames nothing refers to are not decoded. */
  readonly references: Gaps | null;
  /** Whether all there is was looked at. */
  readonly isWhole: boolean;
}
