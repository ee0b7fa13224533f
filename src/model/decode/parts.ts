import { detectionBatch, POINT_VALUES, type DetectionBatch, type ObjectParts } from "../../core/detections.js";
import { packRuns } from "../../core/mask.js";
import type { ModelInfo } from "../info.js";
import type { Letterbox } from "../letterbox.js";
import type { DetectLimits } from "../limits.js";
import { floatOutput, requireNumber, requireNumbers, type ModelOutput } from "./decoder.js";
import { batchOf, type Kept } from "./kept.js";
import { makeMaskMaker, type MaskRules } from "./masks.js";
import { outlinesOf } from "./outlines.js";

/** Copies what an output holds of one object behind its classes: mask coefficients, or the numbers of its points. */
export type ReadExtras = (anchor: number, out: Float32Array) => void;

/** Makes a batch of what was kept, with what the model's task adds. */
export type Batcher = (kept: Kept, outputs: readonly ModelOutput[], letterbox: Letterbox, read: ReadExtras) => DetectionBatch;

/** Chooses by the model's task. A model with masks has its prototypes as its second output. */
export function makeBatcher({ task, head, family }: ModelInfo, limits: DetectLimits): Batcher {
  if (task === "pose" && head.keypoints > 0) return poseBatcher(head.keypoints, head.keypointValues);
  if (task === "segment") return maskBatcher(head.maskCoefficients, limits, family === "yolov5" ? "yolov5" : "ultralytics");
  return (kept, _, letterbox) => batchOf(kept, letterbox);
}

/** Points in source pixels, cut to the picture as Ultralytics' `scale_coords` does. One without a score of its own has 1. */
function poseBatcher(points: number, values: 2 | 3): Batcher {
  const raw = new Float32Array(points * values);
  return (kept, _, letterbox, read) => {
    const { scaleX, scaleY, leftPx, topPx, sourceWidthPx, sourceHeightPx } = letterbox;
    const keypoints = new Float32Array(kept.count * points * POINT_VALUES);
    for (let i = 0, to = 0; i < kept.count; i += 1) {
      read(kept.anchors[i]!, raw);
      for (let from = 0; from < raw.length; from += values, to += POINT_VALUES) {
        keypoints[to] = between((raw[from]! - leftPx) / scaleX, sourceWidthPx);
        keypoints[to + 1] = between((raw[from + 1]! - topPx) / scaleY, sourceHeightPx);
        keypoints[to + 2] = values === POINT_VALUES ? between(raw[from + 2]!, 1) : 1;
      }
    }
    return batchOf(kept, letterbox, () => ({ keypoints }));
  };
}

function between(value: number, limit: number): number {
  requireNumber(value, "a point's number");
  return Math.min(Math.max(value, 0), limit);
}

/** Objects without a single pixel of mask are left out as Ultralytics does (since 8.4); YOLOv5 keeps them. */
function maskBatcher(coefficients: number, { masks: form = "rle" }: DetectLimits, rules: MaskRules): Batcher {
  const row = new Float32Array(coefficients);
  const maker = makeMaskMaker(rules);
  return (kept, outputs, letterbox, read) => {
    const prototypes = floatOutput(outputs, 1, [1, coefficients, null, null]);
    const whole = batchOf(kept, letterbox);
    const masks: string[] = [];
    const polygons: Float32Array[][] = [];
    const left: number[] = [];
    for (let i = 0; i < whole.count; i += 1) {
      read(kept.anchors[i]!, row);
      requireNumbers(row, "a mask coefficient");
      const mask = maker.runs(prototypes, row, whole.boxes, i * 4, letterbox);
      if (mask.count === 1 && rules === "ultralytics") continue;
      left.push(i);
      if (form === "none") continue;
      if (form !== "polygon") masks.push(packRuns(mask.runs, mask.count));
      if (form !== "rle") polygons.push(outlinesOf(mask.runs.subarray(0, mask.count), letterbox.sourceHeightPx));
    }
    // Without masks the objects are the same: whether one has a mask decides whether it is one.
    return picked(whole, left, { ...((form === "rle" || form === "both") && { masks }), ...((form === "polygon" || form === "both") && { polygons }) });
  };
}

function picked({ boxes, scores, classIds }: DetectionBatch, left: readonly number[], parts: ObjectParts): DetectionBatch {
  return detectionBatch(
    Float32Array.from(left.flatMap((i) => Array.from(boxes.subarray(i * 4, i * 4 + 4)))),
    Float32Array.from(left, (i) => scores[i]!),
    Int32Array.from(left, (i) => classIds[i]!),
    parts,
  );
}
