import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeOnnx, type OnnxConstant, type OnnxNode } from "../../src/numbered/onnx-writer.js";
import { temporaryFolder } from "./pool.js";

const SIZE_PX = 32;
/** YOLOv8 head on 32x32 with one class: 4x4 + 2x2 + 1 anchors. */
const ANCHORS = 21;
const ROWS = 5;
const METADATA = { task: "detect", stride: "32", batch: "1", imgsz: "[32, 32]", names: "{0: 'thing'}" };

function write(name: string, nodes: OnnxNode[], constants: OnnxConstant[], metadata: Record<string, string> = METADATA, extraInputs: string[] = []): string {
  const path = join(temporaryFolder(), `${name}.onnx`);
  const input = (of: string) => ({ name: of, dims: [1, 3, SIZE_PX, SIZE_PX] });
  const inputs = ["images", ...extraInputs].map(input);
  writeFileSync(path, writeOnnx({ name, nodes, constants, inputs, outputs: [{ name: "output0", dims: [1, ROWS, ANCHORS] }], metadata }));
  return path;
}

/** A detector that answers the same numbers whatever it sees: 5 rows (centre x, centre y, width, height, score) of 21 anchors. */
export function constantModel(value: number, extraInputs: string[] = [], metadata?: Record<string, string>): string {
  const nodes: OnnxNode[] = [
    { op: "MaxPool", inputs: ["images"], outputs: ["pooled"], ints: { kernel_shape: [SIZE_PX, SIZE_PX] } },
    { op: "Flatten", inputs: ["pooled"], outputs: ["three"] },
    { op: "Gemm", inputs: ["three", "weights", "bias"], outputs: ["values"] },
    { op: "Reshape", inputs: ["values", "shape"], outputs: ["output0"] },
  ];
  const constants: OnnxConstant[] = [
    { name: "weights", dims: [3, ROWS * ANCHORS], values: new Float32Array(3 * ROWS * ANCHORS) },
    { name: "bias", dims: [ROWS * ANCHORS], values: new Float32Array(ROWS * ANCHORS).fill(value) },
    { name: "shape", dims: [3], values: BigInt64Array.of(1n, BigInt(ROWS), BigInt(ANCHORS)) },
  ];
  return write("constant", nodes, constants, metadata, extraInputs);
}

/** Squarings of the matrix in `hangingModel`: each is 58 GFLOP on a full picture, seconds for one core. */
const SQUARINGS = 40;

/**
 * A model whose native run takes minutes on any picture and no time on all zeros (the pool's warm-up): the count of
 * pixels above 0 becomes the side of a matrix that is squared again and again.
 */
export function hangingModel(): string {
  const squares = Array.from({ length: SQUARINGS }, (_, i) => ({ op: "MatMul", inputs: [`m${i}`, `m${i}`], outputs: [`m${i + 1}`] }));
  const nodes: OnnxNode[] = [
    { op: "NonZero", inputs: ["images"], outputs: ["where"] },
    { op: "Shape", inputs: ["where"], outputs: ["size"] },
    { op: "Expand", inputs: ["one", "size"], outputs: ["wide"] },
    { op: "Transpose", inputs: ["wide"], outputs: ["tall"] },
    { op: "MatMul", inputs: ["tall", "wide"], outputs: ["m0"] },
    ...squares,
    { op: "ReduceSum", inputs: [`m${SQUARINGS}`], outputs: ["sum"] },
    { op: "Add", inputs: ["zeros", "sum"], outputs: ["output0"] },
  ];
  const constants: OnnxConstant[] = [
    { name: "one", dims: [1, 1], values: Float32Array.of(1) },
    { name: "zeros", dims: [1, ROWS, ANCHORS], values: new Float32Array(ROWS * ANCHORS) },
  ];
  return write("hanging", nodes, constants);
}

/** A model whose run throws on any picture, and not on all zeros: it looks up an entry of a table by the place of each pixel above 0. */
export function pickyModel(): string {
  const nodes: OnnxNode[] = [
    { op: "NonZero", inputs: ["images"], outputs: ["where"] },
    { op: "Gather", inputs: ["table", "where"], outputs: ["entries"] },
    { op: "ReduceSum", inputs: ["entries"], outputs: ["sum"] },
    { op: "Add", inputs: ["zeros", "sum"], outputs: ["output0"] },
  ];
  const constants: OnnxConstant[] = [
    { name: "table", dims: [3], values: new Float32Array(3) },
    { name: "zeros", dims: [1, ROWS, ANCHORS], values: new Float32Array(ROWS * ANCHORS) },
  ];
  return write("picky", nodes, constants);
}

/** A model that gathers with fewer indices than the table has rows: ONNX allows it and OpenVINO 2026.4 does not. */
export function unevenGatherModel(): string {
  const nodes: OnnxNode[] = [
    { op: "GatherElements", inputs: ["images", "indices"], outputs: ["gathered"], int: { axis: 3 } },
    { op: "Reshape", inputs: ["gathered", "shape"], outputs: ["output0"] },
  ];
  const constants: OnnxConstant[] = [
    { name: "indices", dims: [1, 3, 5, 7], values: new BigInt64Array(105) },
    { name: "shape", dims: [3], values: BigInt64Array.of(1n, BigInt(ROWS), BigInt(ANCHORS)) },
  ];
  return write("uneven-gather", nodes, constants);
}
