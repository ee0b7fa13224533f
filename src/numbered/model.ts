import { invariant } from "../core/invariant.js";
import { writeOnnx } from "./onnx-writer.js";

/** Side of the numbered picture and of the model's input, px. */
export const NUMBERED_SIZE_PX = 32;
/** Side of the block that shows one bit, px. */
const BLOCK_PX = 8;
const BLOCKS_A_SIDE = NUMBERED_SIZE_PX / BLOCK_PX;
const BITS = BLOCKS_A_SIDE ** 2;
/** Numbers that fit; the next one shows as 0 again. */
export const NUMBERED_RANGE = 2 ** BITS;
/** Numbers to one pixel of x1: the highest still lies left of the picture's right edge. */
const NUMBERS_A_PIXEL = NUMBERED_RANGE / NUMBERED_SIZE_PX;
/** Anchors of a YOLOv8 head on 32x32: 4x4 + 2x2 + 1. */
const ANCHORS = 21;
/** Centre x, centre y, width, height, score of the one class. */
const ROWS = 5;

/**
 * Draws a number: 16 blocks of 8x8 px, row by row from the lowest bit, white = 1.
 * planes   Uint8Array, 3 x 32 x 32, overwritten, all planes alike
 * number   0 or more, taken modulo NUMBERED_RANGE
 */
export function drawNumber(planes: Uint8Array, number: number): void {
  const area = NUMBERED_SIZE_PX ** 2;
  invariant(planes.length === 3 * area, `${planes.length} bytes for 3 planes of ${area}`);
  for (let bit = 0; bit < BITS; bit += 1) {
    const level = Math.floor(number / 2 ** bit) % 2 === 1 ? 255 : 0;
    const corner = Math.floor(bit / BLOCKS_A_SIDE) * BLOCK_PX * NUMBERED_SIZE_PX + (bit % BLOCKS_A_SIDE) * BLOCK_PX;
    for (let y = 0; y < BLOCK_PX; y += 1)
      planes.fill(level, corner + y * NUMBERED_SIZE_PX, corner + y * NUMBERED_SIZE_PX + BLOCK_PX);
  }
  planes.copyWithin(area, 0, area);
  planes.copyWithin(2 * area, 0, area);
}

/** The number that a detection's left edge stands for. */
export function numberOf(x1Px: number): number {
  return Math.round(x1Px * NUMBERS_A_PIXEL);
}

/**
 * An ONNX model that reads the drawn number back: a YOLOv8 head (1, 5, 21) whose first anchor has score 1 and the box
 * x1 = number / 2048, y1 = 0, x2 = y2 = 32; all other scores are 0. Every step is exact in float32: the sums hold at
 * most 17 bits. Input `images` 1x3x32x32, 0..1.
 */
export function numberedModel(): Uint8Array {
  const inputs = 3 * BITS;
  const outputs = ROWS * ANCHORS;
  const weights = new Float32Array(inputs * outputs);
  const bias = new Float32Array(outputs);
  const half = NUMBERED_SIZE_PX / 2;
  [half, half, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, 1].forEach((start, row) => (bias[row * ANCHORS] = start));
  for (let bit = 0; bit < BITS; bit += 1) {
    const shiftPx = 2 ** bit / NUMBERS_A_PIXEL;
    weights[bit * outputs] = shiftPx / 2;
    weights[bit * outputs + 2 * ANCHORS] = -shiftPx;
  }
  return writeOnnx({
    name: "numbered",
    nodes: [
      {
        op: "MaxPool",
        inputs: ["images"],
        outputs: ["blocks"],
        ints: { kernel_shape: [BLOCK_PX, BLOCK_PX], strides: [BLOCK_PX, BLOCK_PX] },
      },
      { op: "Flatten", inputs: ["blocks"], outputs: ["bits"] },
      { op: "Gemm", inputs: ["bits", "weights", "bias"], outputs: ["values"] },
      { op: "Reshape", inputs: ["values", "shape"], outputs: ["output0"] },
    ],
    constants: [
      { name: "weights", dims: [inputs, outputs], values: weights },
      { name: "bias", dims: [outputs], values: bias },
      { name: "shape", dims: [3], values: BigInt64Array.of(1n, BigInt(ROWS), BigInt(ANCHORS)) },
    ],
    inputs: [{ name: "images", dims: [1, 3, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX] }],
    outputs: [{ name: "output0", dims: [1, ROWS, ANCHORS] }],
    metadata: {
      description: "reads the number of a numbered frame",
      task: "detect",
      stride: "32",
      batch: "1",
      imgsz: "[32, 32]",
      names: "{0: 'frame'}",
    },
  });
}
