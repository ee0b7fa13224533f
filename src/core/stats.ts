import type { ErrorWire } from "./errors.js";
import type { OutcomeKind, SkipCause } from "./frame.js";
import type { StreamState } from "./stream-state.js";

/** Latency or duration percentiles, ms. All 0 when nothing was measured yet. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a stream's motion gate does. */
export interface GateStats {
  /** learning = it does not know the scene yet, and everything is inferred; moving = also for the hold time after. */
  readonly state: "learning" | "moving" | "still";
  /** When that began: the capture of its first frame, ms since 1970. */
  readonly sinceMs: number;
  /** Frames that the gate saw. */
  readonly looks: number;
  /** Mean time of a look, ms. */
  readonly meanMs: number;
}

/**
 * What one stream has done so far. At every moment
 * `decoded = sum(outcomes) + sum(skipped) + inHouse`: no frame is ever unaccounted for.
 */
export interface StreamStats {
  readonly stream: string;
  /** The operator's words for it; left out when there are none. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly state: StreamState;
  readonly epoch: number;
  /** Frames that were decoded and numbered. */
  readonly decoded: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly skipped: Readonly<Record<SkipCause, number>>;
  /** Numbered, not yet ended. Never above `inHouseLimit`; 0 at the end. */
  readonly inHouse: number;
  readonly inHouseLimit: number;
  /** Decoded and ended frames a second, over the last few seconds while running, over the whole run at the end. */
  readonly fps: { readonly in: number; readonly out: number };
  /** Capture to publish, ms. */
  readonly latencyMs: Percentiles;
  /** Mean duration of each stage of a detected frame, ms. */
  readonly stagesMs: Readonly<Record<string, number>>;
  /** The motion gate; left out where there is none, or it has seen no frame. */
  readonly gate?: GateStats;
  /** Detected objects by label. */
  readonly objects: Readonly<Record<string, number>>;
  /** Frames the source said it holds, for progress and ETA; null when it does not say. */
  readonly expectedFrames: number | null;
  /** From the start of the run until the first published record, ms; null before. */
  readonly firstRecordMs: number | null;
  readonly elapsedMs: number;
  /** Why the stream failed, or why it is not `live` at the moment; null when all is well. */
  readonly error: ErrorWire | null;
}
