import type { DetectionBatch } from "./detections.js";
import type { ErrorWire } from "./errors.js";

/** Which frame: unique for the life of a stream. Frame numbers only rise, also over epochs, and are never given twice. */
export interface FrameKey {
  /** The stream's name, as the operator gave it. */
  readonly stream: string;
  /** 1 for the first connection; one more at each reconnect or change of picture size. */
  readonly epoch: number;
  /** Counted from 0 in decode order; given when a whole frame has arrived. */
  readonly frame: number;
}

/** What is known of a frame besides its pixels. */
export interface FrameHeader extends FrameKey {
  /** Media time in ms; null when the source has none. */
  readonly ptsMs: number | null;
  /** Wall clock when the frame's first byte arrived, ms since 1970. */
  readonly capturedAtMs: number;
  /** Monotonic clock at the same moment, ms. */
  readonly capturedMonoMs: number;
  /** Size of the source picture as it is shown (rotation applied), px. Boxes are in these pixels. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Why a decoded frame was not looked at. Its number is spent. */
export const SKIP_CAUSES = ["no_slot", "busy", "too_old", "max_fps", "stopped"] as const;
/** One of SKIP_CAUSES. */
export type SkipCause = (typeof SKIP_CAUSES)[number];

/** How an admitted frame can end; every admitted frame ends in exactly one of these. `still` belongs to a motion gate. */
export const OUTCOMES = ["detected", "failed", "late", "aborted", "still"] as const;
/** One of OUTCOMES. */
export type OutcomeKind = (typeof OUTCOMES)[number];

/** Durations of one frame's way, ms. */
export interface StageTimes {
  /** Waiting and message hops: from capture until the answer was here, less the three below. */
  readonly queue: number;
  /** Planes to the model's input tensor. */
  readonly normalise: number;
  /** The model's run. */
  readonly infer: number;
  /** Output tensors to boxes, NMS included. */
  readonly decode: number;
}

/** The end of one admitted frame. */
export type FrameOutcome =
  | { readonly kind: "detected"; readonly header: FrameHeader; readonly detections: DetectionBatch; readonly times: StageTimes }
  | { readonly kind: "failed" | "late" | "aborted"; readonly header: FrameHeader; readonly error: ErrorWire }
  | { readonly kind: "still"; readonly header: FrameHeader };
