import { invariant } from "./invariant.js";

/** The objects of one frame as parallel arrays, best score first. What a model does not give is left out. */
export interface DetectionBatch extends ObjectParts {
  /** How many objects. */
  readonly count: number;
  /** count x 4: x1, y1, x2, y2 in source pixels, clipped to the picture. Of a turned box the upright one around it. */
  readonly boxes: Float32Array;
  /** count, 0..1. */
  readonly scores: Float32Array;
  /** count, index into the model's labels. */
  readonly classIds: Int32Array;
}

/** Numbers of a turned box's corners: x, y of each of the four. */
export const CORNER_VALUES = 8;
/** Numbers of a point of a pose: x, y, score. */
export const POINT_VALUES = 3;

/** What some models know of an object beyond its box. */
export interface ObjectParts {
  /** Turned boxes: count x 4 corners x (x, y) in source pixels, clockwise as the picture is seen; not clipped. */
  readonly corners?: Float32Array;
  /** Pose: count x points x (x, y, score 0..1), in source pixels; as many points for each object. */
  readonly keypoints?: Float32Array;
  /** Segmentation: for each object its pixels at the picture's size, as COCO's compressed run lengths (see mask.ts). */
  readonly masks?: readonly string[];
  /** The same as outlines, where they were asked for: for each object its rings of x, y in source pixels, the largest first. */
  readonly polygons?: readonly (readonly Float32Array[])[];
  /** Classification: for each object (the whole picture) its best classes, best first. */
  readonly topClasses?: TopClasses;
}

/** The best classes of each object, each count x perObject. */
export interface TopClasses {
  readonly perObject: number;
  readonly classIds: Int32Array;
  readonly scores: Float32Array;
}

/** The batch of a frame in which nothing was seen. */
export const NO_DETECTIONS: DetectionBatch = {
  count: 0,
  boxes: new Float32Array(0),
  scores: new Float32Array(0),
  classIds: new Int32Array(0),
};

/** Checks that the arrays agree in length. A mismatch is a bug of the caller. */
export function detectionBatch(boxes: Float32Array, scores: Float32Array, classIds: Int32Array, parts: ObjectParts = {}): DetectionBatch {
  const count = scores.length;
  invariant(boxes.length === count * 4, `boxes hold ${boxes.length} numbers, expected ${count} x 4`);
  invariant(classIds.length === count, `classIds hold ${classIds.length}, expected ${count}`);
  const { corners, keypoints, masks, polygons, topClasses } = parts;
  invariant((corners?.length ?? count * CORNER_VALUES) === count * CORNER_VALUES, `corners hold ${corners?.length} numbers, expected ${count} x ${CORNER_VALUES}`);
  invariant((keypoints?.length ?? 0) % (POINT_VALUES * Math.max(1, count)) === 0, `keypoints hold ${keypoints?.length} numbers, expected ${count} x points x 3`);
  invariant((masks ?? polygons ?? scores).length === count && (polygons ?? scores).length === count, `masks or polygons are not ${count}`);
  const top = count * (topClasses?.perObject ?? 0);
  invariant((topClasses?.scores.length ?? 0) === top && (topClasses?.classIds.length ?? 0) === top, `topClasses holds ${topClasses?.scores.length} scores and ${topClasses?.classIds.length} classes`);
  return { count, boxes, scores, classIds, ...parts };
}
