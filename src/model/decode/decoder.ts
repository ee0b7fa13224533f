import type { DetectionBatch } from "../../core/detections.js";
import { PipelineError } from "../../core/errors.js";
import type { Letterbox } from "../letterbox.js";

/** One output of a model run. 64-bit whole numbers (class ids) as bigint. */
export interface ModelOutput {
  readonly data: Float32Array | BigInt64Array | Int32Array;
  readonly dims: readonly number[];
}

/** One of floats. */
export interface FloatOutput {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** Turns a run's outputs into objects. Holds scratch memory: one for each model instance, one frame at a time. */
export interface Decoder {
  /**
   * outputs    of one run on one picture, in the order of the model's `outputNames`; read only
   * @returns   objects in source pixels, clipped to the picture, best score first; the arrays are the caller's
   * @throws    PipelineError E_MODEL_OUTPUT when shapes are not the family's, or a value that counts is NaN or infinite
   */
  decode(outputs: readonly ModelOutput[], letterbox: Letterbox): DetectionBatch;
}

/**
 * Proves that the output at `index` is one of floats, of the shape expected (null = any size).
 * @throws PipelineError E_MODEL_OUTPUT
 */
export function floatOutput(outputs: readonly ModelOutput[], index: number, expected: readonly (number | null)[]): FloatOutput {
  const output = outputs[index];
  requireShape(output, expected);
  if (!(output?.data instanceof Float32Array)) throw new PipelineError("E_MODEL_OUTPUT", `output ${index} is not of float32`);
  return { data: output.data, dims: output.dims };
}

/** @throws PipelineError E_MODEL_OUTPUT when there is none, or of another shape (null = any size) */
export function requireShape(output: ModelOutput | undefined, expected: readonly (number | null)[]): void {
  const dims = output?.dims ?? [];
  const fits = dims.length === expected.length && expected.every((size, i) => size === null || size === dims[i]);
  if (fits && output?.data.length === dims.reduce((product, dim) => product * dim, 1)) return;
  const [seen, wanted] = [dims.join("x") || "missing", expected.map((size) => size ?? "N").join("x")];
  throw new PipelineError("E_MODEL_OUTPUT", `the output's shape is ${seen}, expected ${wanted}`);
}

/** @throws PipelineError E_MODEL_OUTPUT when a number that counts is NaN or infinite; `what` it is, for people */
export function requireNumber(value: number, what: string): void {
  if (!Number.isFinite(value)) throw new PipelineError("E_MODEL_OUTPUT", `the output holds ${what} of ${value}`);
}

/** @throws PipelineError E_MODEL_OUTPUT when one of them is NaN or infinite */
export function requireNumbers(values: Float32Array, what: string): void {
  for (let i = 0; i < values.length; i += 1) requireNumber(values[i]!, what);
}

const GREATEST_INT32 = 2 ** 31 - 1;

/** The class that a number of the output stands for; what is none becomes -1, which no model has. */
export function classOf(value: number | bigint): number {
  const classId = Math.round(Number(value));
  return classId >= 0 && classId <= GREATEST_INT32 ? classId : -1;
}

/** @throws PipelineError E_MODEL_OUTPUT when the model has no such class; 0 classes = nobody knows how many there are */
export function requireClass(classId: number, classCount: number): void {
  if (classId >= 0 && (classCount === 0 || classId < classCount)) return;
  throw new PipelineError("E_MODEL_OUTPUT", `the output holds class ${classId}, the model has ${classCount}`);
}

/** @throws PipelineError E_MODEL_OUTPUT when a box can't be drawn */
export function requireFinite(box: Float32Array, anchor: number): void {
  // One sum would do but for two large numbers of the same sign.
  if (Number.isFinite(box[0]! * 0 + box[1]! * 0 + box[2]! * 0 + box[3]! * 0)) return;
  throw new PipelineError("E_MODEL_OUTPUT", `the box of anchor ${anchor} is not finite: ${Array.from(box).join(", ")}`);
}
