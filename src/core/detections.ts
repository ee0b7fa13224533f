import { invariant } from "./invariant.js";

/** The objects of one frame as parallel arrays of the same length, best score first. */
export interface DetectionBatch {
  /** How many objects. */
  readonly count: number;
  /** count x 4: x1, y1, x2, y2 in source pixels, clipped to the picture. */
  readonly boxes: Float32Array;
  /** count, 0..1. */
  readonly scores: Float32Array;
  /** count, index into the model's labels. */
  readonly classIds: Int32Array;
}

/** The batch of a frame in which nothing was seen. */
export const NO_DETECTIONS: DetectionBatch = {
  count: 0,
  boxes: new Float32Array(0),
  scores: new Float32Array(0),
  classIds: new Int32Array(0),
};

/** Checks that the arrays agree in length. A mismatch is a bug of the caller. */
export function detectionBatch(boxes: Float32Array, scores: Float32Array, classIds: Int32Array): DetectionBatch {
  const count = scores.length;
  invariant(boxes.length === count * 4, `boxes hold ${boxes.length} numbers, expected ${count} x 4`);
  invariant(classIds.length === count, `classIds hold ${classIds.length}, expected ${count}`);
  return { count, boxes, scores, classIds };
}
