import type { ErrorWire } from "../core/errors.js";
import type { DetectLimits, InputRows, Letterbox, ModelInfo } from "../model/index.js";
import type { RingLayout } from "../ring/index.js";

/** What every worker is given when it starts. The same clone for all. */
export interface WorkerSetup {
  readonly model: ModelInfo;
  /** Threads inside one run of the model. */
  readonly intraOpThreads: number;
  /** Three shared words: [workers that have loaded or failed to, workers that failed to, streams that have left]. */
  readonly roll: SharedArrayBuffer;
  /** Upper bound of a random wait before each run, ms. 0 except where a test shakes the order. */
  readonly jitterMs: number;
}

/** Index of the first word in `WorkerSetup.roll`. */
export const ROLL_ARRIVED = 0;
/** Index of the second. */
export const ROLL_FAILED = 1;

/** Index of the third: when it changes, workers drop what they keep for streams; the next tasks bring it again. */
export const ROLL_LEFT = 2;
/** Words in `WorkerSetup.roll`. */
export const ROLL_WORDS = 3;

/** What a stream wants to see, as it travels with each of its tasks. Workers keep a decoder for each `key`. */
export interface TaskLimits extends DetectLimits {
  /** The same for equal limits, whichever stream has them. */
  readonly key: string;
}

/** Gives limits their key. */
export function taskLimits({ conf, iou, classIds, agnostic, maxDetections }: DetectLimits): TaskLimits {
  const key = JSON.stringify([conf, iou, classIds, agnostic, maxDetections]);
  return { key, conf, iou, classIds, agnostic, maxDetections };
}

/** One frame for a worker. Pixels never cross: `memory` is a handle, kept by the worker under `ringId`. */
export interface WorkerTask {
  readonly ringId: number;
  readonly memory: SharedArrayBuffer;
  readonly layout: RingLayout;
  readonly slot: number;
  readonly generation: number;
  readonly letterbox: Letterbox;
  /** Which rows of the input the slot holds. */
  readonly rows: InputRows;
  readonly limits: TaskLimits;
}

/** What a worker says of one task. Durations in ms. */
export type WorkerAnswer =
  | {
      readonly ok: true;
      readonly boxes: Float32Array;
      readonly scores: Float32Array;
      readonly classIds: Int32Array;
      readonly normaliseMs: number;
      readonly inferMs: number;
      readonly decodeMs: number;
    }
  | { readonly ok: false; readonly error: ErrorWire };
