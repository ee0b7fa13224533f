import { detectionBatch, type DetectionBatch, type ObjectParts } from "../../core/detections.js";
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

/**
 * As a batch of its own, boxes cut to the picture.
 * parts   what else is known of them; it is given the boxes as they are in the batch
 */
export function batchOf(kept: Kept, letterbox: Letterbox, parts?: (boxes: Float32Array) => ObjectParts): DetectionBatch {
  const { count } = kept;
  const boxes = clipped(kept.boxes.slice(0, count * 4), letterbox);
  return detectionBatch(boxes, kept.scores.slice(0, count), kept.classIds.slice(0, count), parts?.(boxes));
}

/** Cuts points or boxes (x, y, x, y, ...) to the picture, in place. */
function clipped(values: Float32Array, { sourceWidthPx, sourceHeightPx }: Letterbox): Float32Array {
  for (let i = 0; i < values.length; i += 1) {
    const limit = i % 2 === 0 ? sourceWidthPx : sourceHeightPx;
    values[i] = Math.min(Math.max(values[i]!, 0), limit);
  }
  return values;
}
