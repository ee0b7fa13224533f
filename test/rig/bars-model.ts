import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeOnnx, type OnnxConstant, type OnnxNode } from "../../src/numbered/onnx-writer.js";

/** Side of the model's input, px. */
const SIZE_PX = 64;
const BITS = 16;
const BAR_PX = SIZE_PX / BITS;
/** Anchors of a YOLOv8 head on 64x64: 8x8 + 4x4 + 2x2. */
const ANCHORS = 84;
/** Centre x, centre y, width, height, score of the one class. */
const ROWS = 5;
const BYTE = 256;
/** Each byte of the number moves one edge of the box through half of the picture. */
const STEP_PX = SIZE_PX / 2 / BYTE;
/** Side of the matrices that only take time; one product is 0.27 GFLOP. */
const LOAD_SIZE = 512;

/**
 * Writes a model that reads the cameras' pictures: 16 bars, the lowest bit on the left, over the whole width of the
 * picture, in a landscape of at most 16:9. One box a picture, of score 1: its left edge tells the low byte, its right edge
 * the high one.
 * Lossy codecs blur the bars, so each is averaged and then decided black or white; grey padding above and below moves that
 * average, not beyond the middle.
 * @param loads products of 512x512 matrices that each run does on the side, 0 or more: a model as slow as one likes
 * @returns the file's path
 */
export function barsModel(folder: string, loads = 0): string {
  const path = join(folder, `bars-${loads}.onnx`);
  writeFileSync(
    path,
    writeOnnx({
      name: "bars",
      nodes: [...READING, ...loadNodes(loads), { op: "Reshape", inputs: [loads > 0 ? "loaded" : "values", "shape"], outputs: ["output0"] }],
      constants: [...constants(), ...(loads > 0 ? loadConstants() : [])],
      inputs: [{ name: "images", dims: [1, 3, SIZE_PX, SIZE_PX] }],
      outputs: [{ name: "output0", dims: [1, ROWS, ANCHORS] }],
      metadata: { task: "detect", stride: "32", batch: "1", imgsz: `[${SIZE_PX}, ${SIZE_PX}]`, names: "{0: 'bars'}" },
    }),
  );
  return path;
}

/** The number that a box tells, in a picture of this width. Undefined for no box. */
export function barsNumber(box: readonly number[] | undefined, widthPx: number): number | undefined {
  const [x1, , x2] = box ?? [];
  if (x1 === undefined || x2 === undefined) return undefined;
  const scale = SIZE_PX / widthPx;
  return Math.round((x1 * scale) / STEP_PX) + BYTE * Math.round((x2 * scale - SIZE_PX / 2) / STEP_PX - 1);
}

/** Black is at most 0.2 with the padding of 16:9, white at least 0.7. Times 1000 and clipped, each bit is exactly 0 or 1. */
const READING: OnnxNode[] = [
  { op: "AveragePool", inputs: ["images"], outputs: ["bars"], ints: { kernel_shape: [SIZE_PX, BAR_PX], strides: [SIZE_PX, BAR_PX] } },
  { op: "Flatten", inputs: ["bars"], outputs: ["levels"] },
  { op: "Sub", inputs: ["levels", "middle"], outputs: ["signed"] },
  { op: "Mul", inputs: ["signed", "much"], outputs: ["steep"] },
  { op: "Clip", inputs: ["steep", "zero", "one"], outputs: ["bits"] },
  { op: "Gemm", inputs: ["bits", "weights", "bias"], outputs: ["values"] },
];

function constants(): OnnxConstant[] {
  const outputs = ROWS * ANCHORS;
  const weights = new Float32Array(3 * BITS * outputs);
  const bias = new Float32Array(outputs);
  // x1 = low * STEP, x2 = middle + (high + 1) * STEP: never an empty box. As centre and width:
  const start = SIZE_PX / 2 + STEP_PX;
  [start / 2, SIZE_PX / 2, start, SIZE_PX / 4, 1].forEach((value, row) => (bias[row * ANCHORS] = value));
  for (let bit = 0; bit < BITS; bit += 1) {
    const isLow = bit < 8;
    const shiftPx = 2 ** (bit % 8) * STEP_PX;
    weights[bit * outputs] = shiftPx / 2;
    weights[bit * outputs + 2 * ANCHORS] = isLow ? -shiftPx : shiftPx;
  }
  const scalar = (name: string, value: number): OnnxConstant => ({ name, dims: [], values: Float32Array.of(value) });
  return [
    { name: "weights", dims: [3 * BITS, outputs], values: weights },
    { name: "bias", dims: [outputs], values: bias },
    { name: "shape", dims: [3], values: BigInt64Array.of(1n, BigInt(ROWS), BigInt(ANCHORS)) },
    scalar("middle", 0.45), scalar("much", 1000), scalar("zero", 0), scalar("one", 1),
  ];
}

/** A chain that hangs on the picture, so that it is not worked out in advance, and adds nothing. */
function loadNodes(loads: number): OnnxNode[] {
  if (loads === 0) return [];
  const products = Array.from({ length: loads }, (_, i) => ({ op: "MatMul", inputs: [`load${i}`, "mean"], outputs: [`load${i + 1}`] }));
  return [
    { op: "ReduceSum", inputs: ["bits"], outputs: ["sum"] },
    { op: "Expand", inputs: ["sum", "side"], outputs: ["load0"] },
    ...products,
    { op: "ReduceSum", inputs: [`load${loads}`], outputs: ["heavy"] },
    { op: "Mul", inputs: ["heavy", "zero"], outputs: ["nothing"] },
    { op: "Add", inputs: ["values", "nothing"], outputs: ["loaded"] },
  ];
}

function loadConstants(): OnnxConstant[] {
  return [
    { name: "side", dims: [2], values: BigInt64Array.of(BigInt(LOAD_SIZE), BigInt(LOAD_SIZE)) },
    { name: "mean", dims: [LOAD_SIZE, LOAD_SIZE], values: new Float32Array(LOAD_SIZE ** 2).fill(1 / LOAD_SIZE) },
  ];
}
