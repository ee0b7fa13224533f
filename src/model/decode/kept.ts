import { detectionBatch, type DetectionBatch, type ObjectParts } from "../../core/detections.js";
import { PipelineError } from "../../core/errors.js";
import type { Letterbox } from "../letterbox.js";

/** The objects that are left of a frame's candidates, in memory that the next frame overwrites. */
export interface Kept {
  readonly count: number;
  /** count x 4: x1, y1, x2, y2, source px, not clipped. */
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly classIds: Int32Array;
  /** Where in the model's output each came from. */
  readonly anchors: Int32Array;
}

/** Half precision and sums of floats end a little above 1; a head without its sigmoid goes far beyond. */
const GREATEST_SCORE = 1.001;

/**
 * As a batch of its own, boxes cut to the picture.
 * parts   what else is known of them; it is given the boxes as they are in the batch
 * @throws PipelineError E_MODEL_OUTPUT for a score that is none
 */
export function batchOf(kept: Kept, letterbox: Letterbox, parts?: (boxes: Float32Array) => ObjectParts): DetectionBatch {
  const { count } = kept;
  const boxes = clipped(kept.boxes.slice(0, count * 4), letterbox);
  return detectionBatch(boxes, kept.scores.slice(0, count).map(scoreOf), kept.classIds.slice(0, count), parts?.(boxes));
}

/** As a share of 1. @throws PipelineError E_MODEL_OUTPUT when it is far from one */
export function scoreOf(score: number): number {
  if (score > GREATEST_SCORE) throw new PipelineError("E_MODEL_OUTPUT", `the output holds a score of ${score}, expected 0 to 1: is it another family's, or a head without its sigmoid?`);
  return Math.min(Math.max(score, 0), 1);
}

/** Cuts boxes (x, y, x, y, ...) to the picture, in place. */
function clipped(values: Float32Array, { sourceWidthPx, sourceHeightPx }: Letterbox): Float32Array {
  for (let i = 0; i < values.length; i += 1) {
    const limit = i % 2 === 0 ? sourceWidthPx : sourceHeightPx;
    values[i] = Math.min(Math.max(values[i]!, 0), limit);
  }
  return values;
}
