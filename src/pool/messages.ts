import type { DetectionBatch } from "../core/detections.js";
import type { ErrorWire } from "../core/errors.js";
import type { DetectLimits, InputRows, Letterbox, ModelInfo, PixelForm } from "../model/index.js";
import type { RingLayout } from "../ring/index.js";
import type { LiveDevice } from "./runtimes/live.js";
import type { RuntimeChoice } from "./runtimes/session.js";

/** What every worker is given when it starts. The same clone for all. */
export interface WorkerSetup {
  readonly model: ModelInfo;
  /** Threads inside one run of the model. */
  readonly intraOpThreads: number;
  readonly choice: RuntimeChoice;
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

/** Instead of a task: the thread lets go of its model. What a native library holds does not go with a thread that ends. */
export const LET_GO = 0;

/** What a stream wants to see, as it travels with each of its tasks. Workers keep a decoder for each `key`. */
export interface TaskLimits extends DetectLimits {
  /** The same for equal limits, whichever stream has them. */
  readonly key: string;
}

/** Gives limits their key. */
export function taskLimits(limits: DetectLimits): TaskLimits {
  return { key: JSON.stringify(Object.entries(limits).sort(([a], [b]) => (a < b ? -1 : 1))), ...limits };
}

/** One frame for a worker. Pixels never cross: `memory` is a handle, kept by the worker under `ringId`. */
export interface WorkerTask {
  readonly ringId: number;
  readonly memory: SharedArrayBuffer;
  readonly layout: RingLayout;
  readonly slot: number;
  readonly generation: number;
  readonly letterbox: Letterbox;
  /** Which rows of the input the slot holds, or will when it is fitted. */
  readonly rows: InputRows;
  /** What the slot's bytes are; left out = fitted. */
  readonly pixels?: PixelForm;
  readonly limits: TaskLimits;
}

/** What a worker says of one task. Durations in ms. */
export type WorkerAnswer =
  | {
      readonly ok: true;
      readonly detections: DetectionBatch;
      readonly normaliseMs: number;
      readonly inferMs: number;
      readonly decodeMs: number;
    }
  | { readonly ok: false; readonly error: ErrorWire };

/** Where a model process finds the file of slots, and its leash. 0 to 2 are the usual ones, 3 is Node's channel. */
export const SLOTS_FD = 4;
export const LEASH_FD = 5;

/** What a model process is told first. */
export interface ProcessSetup {
  readonly model: ModelInfo;
  readonly choice: RuntimeChoice;
  readonly jitterMs: number;
  /** Size of one slot in the file of slots, bytes. */
  readonly slotBytes: number;
}

/** One frame for a model process; its pixels lie in the file of slots. */
export interface ProcessTask extends Pick<WorkerTask, "letterbox" | "rows" | "pixels" | "limits"> {
  readonly id: number;
  /** Where in the file of slots it begins. */
  readonly at: number;
  /** Bytes from there on that are this frame's. */
  readonly bytes: number;
}

/** What a model process says: on which device it has run its model, or why it could not, then one answer a task. */
export type ProcessWord = { readonly ready: ErrorWire | LiveDevice } | { readonly id: number; readonly answer: WorkerAnswer };
