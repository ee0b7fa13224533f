import type { DetectionBatch } from "../../core/detections.js";
import type { ModelInfo } from "../info.js";
import { toSource, type Letterbox } from "../letterbox.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import { requireClass, requireFinite, requireNumber, type ModelOutput } from "./decoder.js";
import { makeBatcher, type ReadExtras } from "./parts.js";

/** Takes finished boxes of one frame, best first: nothing suppresses anything any more. */
export interface Finished {
  clear(): void;
  /** What the sieve lets through is kept. box in input px, or in source px where that was said. Returns whether there is room for more. */
  offer(box: Float32Array, score: number, classId: number, anchor: number, letterbox: Letterbox): boolean;
  take(outputs: readonly ModelOutput[], letterbox: Letterbox, read: ReadExtras): DetectionBatch;
}

/** Makes the memory for `maxDetections` of them. */
export function makeFinished(info: ModelInfo, limits: DetectLimits, space: "input" | "source"): Finished {
  const { maxDetections } = limits;
  const sieve = makeSieve(limits);
  const batch = makeBatcher(info, limits);
  const kept = { boxes: new Float32Array(maxDetections * 4), scores: new Float32Array(maxDetections), classIds: new Int32Array(maxDetections), anchors: new Int32Array(maxDetections) };
  let count = 0;
  return {
    clear: () => void (count = 0),
    offer(box, score, classId, anchor, letterbox) {
      requireNumber(score, "a score");
      if (score <= sieve.conf || !sieve.takes(classId, score)) return true;
      requireClass(classId, info.labels.length);
      requireFinite(box, anchor);
      if (space === "input") toSource(box, 1, letterbox);
      if (sieve.places !== null && !sieve.places(box, 0, letterbox)) return true;
      kept.boxes.set(box, count * 4);
      kept.scores[count] = score;
      kept.classIds[count] = classId;
      kept.anchors[count] = anchor;
      count += 1;
      return count < maxDetections;
    },
    take: (outputs, letterbox, read) => batch({ count, ...kept }, outputs, letterbox, read),
  };
}
