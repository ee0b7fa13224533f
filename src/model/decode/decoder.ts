import { detectionBatch, type DetectionBatch } from "../../core/detections.js";
import { PipelineError } from "../../core/errors.js";
import type { Letterbox } from "../letterbox.js";
import type { Nms } from "../nms.js";

/** What the operator wants to see. */
export interface DetectLimits {
  /** Score that must be exceeded, 0..1. */
  readonly conf: number;
  /** Greatest IoU of two boxes that are both kept, 0..1. */
  readonly iou: number;
  /** Classes to keep; null = all. */
  readonly classIds: readonly number[] | null;
  /** Boxes of different classes suppress each other. */
  readonly agnostic: boolean;
  /** Most objects in one frame. */
  readonly maxDetections: number;
}

/** One output of a model run. */
export interface ModelOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Turns a run's outputs into objects. Holds scratch memory: one for each model instance, one frame at a time. */
export interface Decoder {
  /**
   * outputs    of one run on one picture, in the model's order; read only
   * @returns   objects in source pixels, clipped to the picture, best score first; the arrays are the caller's
   * @throws    PipelineError E_MODEL_OUTPUT when shapes are not the family's, or a value that counts is NaN or infinite
   */
  decode(outputs: readonly ModelOutput[], letterbox: Letterbox): DetectionBatch;
}

/** Classes to keep as a table by class index; null = all. */
export function classTable(classIds: readonly number[] | null, classCount: number): Uint8Array | null {
  if (classIds === null) return null;
  const table = new Uint8Array(classCount);
  for (const id of classIds) if (id < classCount) table[id] = 1;
  return table;
}

/**
 * Proves that there is one output, of the shape expected (null = any size).
 * @throws PipelineError E_MODEL_OUTPUT
 */
export function soleOutput(outputs: readonly ModelOutput[], expected: readonly (number | null)[]): ModelOutput {
  const [output] = outputs;
  const dims = output?.dims ?? [];
  const fits = dims.length === expected.length && expected.every((size, i) => size === null || size === dims[i]);
  if (!output || !fits || output.data.length !== dims.reduce((product, dim) => product * dim, 1)) {
    const [seen, wanted] = [dims.join("x") || "missing", expected.map((size) => size ?? "N").join("x")];
    throw new PipelineError("E_MODEL_OUTPUT", `the output's shape is ${seen}, expected ${wanted}`);
  }
  return output;
}

/** @throws PipelineError E_MODEL_OUTPUT when a score is NaN or infinite */
export function requireNumber(score: number): void {
  if (!Number.isFinite(score)) throw new PipelineError("E_MODEL_OUTPUT", `the output holds a score of ${score}`);
}

/** @throws PipelineError E_MODEL_OUTPUT when a box can't be drawn */
export function requireFinite(box: Float32Array, anchor: number): void {
  if (Number.isFinite(box[0]! + box[1]! + box[2]! + box[3]!)) return;
  throw new PipelineError("E_MODEL_OUTPUT", `the box of anchor ${anchor} is not finite: ${Array.from(box).join(", ")}`);
}

/** What NMS kept, as a batch of its own, boxes cut to the picture. Boxes must be in source pixels. */
export function clippedBatch(nms: Nms, { sourceWidthPx, sourceHeightPx }: Letterbox): DetectionBatch {
  const count = nms.count();
  const boxes = nms.boxes.slice(0, count * 4);
  for (let i = 0; i < boxes.length; i += 1) {
    const limit = i % 2 === 0 ? sourceWidthPx : sourceHeightPx;
    boxes[i] = Math.min(Math.max(boxes[i]!, 0), limit);
  }
  return detectionBatch(boxes, nms.scores.slice(0, count), nms.classIds.slice(0, count));
}
