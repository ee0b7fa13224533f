import { CORNER_VALUES, type DetectionBatch } from "../../core/detections.js";
import type { Letterbox } from "../letterbox.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import { requireNumbers } from "./decoder.js";
import { batchOf } from "./kept.js";
import { cornersOf, turnedToSource } from "./turned.js";

/** Collects turned boxes of one frame, best first. */
export interface TurnedBatch {
  clear(): void;
  /** box in input px, changed by this. Returns whether there is room for more. @throws PipelineError E_MODEL_OUTPUT for corners that are no numbers */
  add(box: Float32Array, score: number, classId: number, letterbox: Letterbox): boolean;
  take(letterbox: Letterbox): DetectionBatch;
}

/** Makes the memory for `maxDetections` of them. */
export function makeTurnedBatch(limits: DetectLimits): TurnedBatch {
  const { maxDetections } = limits;
  const { places } = makeSieve(limits);
  const kept = { boxes: new Float32Array(maxDetections * 4), scores: new Float32Array(maxDetections), classIds: new Int32Array(maxDetections), anchors: new Int32Array(0) };
  const corners = new Float32Array(maxDetections * CORNER_VALUES);
  const around = new Float32Array(4);
  let count = 0;
  return {
    clear: () => void (count = 0),
    add(box, score, classId, letterbox) {
      if (count >= maxDetections) return false;
      turnedToSource(box, letterbox);
      cornersOf(box, corners, count * CORNER_VALUES, around);
      // Two numbers that are finite can have a sum that is not.
      requireNumbers(around, "a turned box");
      if (places !== null && !places(around, 0, letterbox)) return true;
      kept.boxes.set(around, count * 4);
      kept.scores[count] = score;
      kept.classIds[count] = classId;
      count += 1;
      return count < maxDetections;
    },
    take: (letterbox) => batchOf({ count, ...kept }, letterbox, () => ({ corners: corners.slice(0, count * CORNER_VALUES) })),
  };
}
