import { PipelineError } from "../../core/errors.js";
import { isSameLetterbox, type Letterbox } from "../letterbox.js";
import type { FloatOutput } from "./decoder.js";
import { bilinear, type Taps } from "./taps.js";

/** The first `count` of the numbers. */
export interface MaskRuns {
  readonly runs: Uint32Array;
  readonly count: number;
}

/** Makes masks of one frame after another in the same memory. */
export interface MaskMaker {
  /**
   * The mask of one object.
   * prototypes    1 x coefficients x height x width
   * coefficients  of the object
   * box, at       x1, y1, x2, y2 from `at` on, source px, clipped to the picture
   * @returns runs of the picture's pixels, column by column (see core/mask.ts), valid until the next call; one of the whole picture when none is the object's
   * @throws PipelineError E_MODEL_OUTPUT for numbers inside the box that are not finite
   */
  runs(prototypes: FloatOutput, coefficients: Float32Array, box: Float32Array, at: number, letterbox: Letterbox): MaskRuns;
}

/** Of the input, for one prototype pixel. */
const PROTOTYPE_STRIDE_PX = 4;

/** The prototype pixels that hold the picture, and how a source pixel lies among them. */
interface Geometry {
  readonly letterbox: Letterbox;
  readonly widthPx: number;
  readonly heightPx: number;
  /** So many times finer than the prototypes is what the padding is cut off from. */
  readonly fineness: number;
  /** Prototype pixels between which a finer one lies. */
  readonly fineX: Taps;
  readonly fineY: Taps;
  /** Finer pixels between which a source pixel lies. */
  readonly sourceX: Taps;
  readonly sourceY: Taps;
}

/**
 * By whose rules. ultralytics: a number above 0 is mask, and the padding is cut off from a finer grid where it is no whole
 * number of prototype pixels (its `process_mask_native` and `scale_masks`, 8.4). yolov5: numbers go through the sigmoid before
 * they are drawn larger, and the padding is cut off at whole prototype pixels (its `process_mask_native`).
 */
export type MaskRules = "ultralytics" | "yolov5";

/**
 * Masks at the picture's own size: coefficients x prototypes gives a number a prototype pixel; the padding is cut off; the
 * rest is drawn bilinear over the picture; what is large enough and inside the object's box is mask. Only what lies in the
 * box is ever computed. Checked against the results of whose rules these are.
 */
export function makeMaskMaker(rules: MaskRules): MaskMaker {
  let geometry: Geometry | undefined;
  let logits = new Float32Array(0);
  let fine = new Float32Array(0);
  let column = new Float32Array(0);
  let runs = new Uint32Array(1024);

  const sized = (memory: Float32Array<ArrayBuffer>, length: number): Float32Array<ArrayBuffer> => (memory.length >= length ? memory : new Float32Array(length));

  return {
    runs(prototypes, coefficients, box, at, letterbox) {
      const [, , heightPx = 0, widthPx = 0] = prototypes.dims;
      if (geometry === undefined || !isSameLetterbox(geometry.letterbox, letterbox) || geometry.widthPx !== widthPx || geometry.heightPx !== heightPx) geometry = geometryOf(letterbox, widthPx, heightPx, rules);
      const { sourceWidthPx, sourceHeightPx } = letterbox;
      const [x0, y0] = [Math.ceil(box[at]!), Math.ceil(box[at + 1]!)];
      const [x1, y1] = [Math.min(sourceWidthPx, Math.ceil(box[at + 2]!)), Math.min(sourceHeightPx, Math.ceil(box[at + 3]!))];
      if (x1 <= x0 || y1 <= y0) return { runs: Uint32Array.of(sourceWidthPx * sourceHeightPx), count: 1 };

      const { fineX, fineY, sourceX, sourceY, fineness } = geometry;
      const across = { from: sourceX.low[x0]!, to: sourceX.high[x1 - 1]! + 1 };
      const down = { from: sourceY.low[y0]!, to: sourceY.high[y1 - 1]! + 1 };
      const [columns, rows] = [across.to - across.from, down.to - down.from];
      const coarse = fineness === 1 ? { left: across.from, right: across.to, top: down.from, bottom: down.to } : {
        left: fineX.low[across.from]!, right: fineX.high[across.to - 1]! + 1,
        top: fineY.low[down.from]!, bottom: fineY.high[down.to - 1]! + 1,
      };
      const size = (coarse.right - coarse.left) * (coarse.bottom - coarse.top);
      logits = sized(logits, size);
      multiply(prototypes, coefficients, coarse, logits);
      requireFinite(logits, size);
      if (rules === "yolov5") squash(logits, size);
      let grid = logits;
      if (fineness > 1) {
        fine = sized(fine, columns * rows);
        refine(logits, coarse, geometry, across, down, fine);
        grid = fine;
      }
      column = sized(column, rows);
      // A column changes at each of its pixels at most, and ends once.
      const most = (x1 - x0) * (y1 - y0 + 1) + 2;
      if (runs.length < most) runs = new Uint32Array(most);
      return { runs, count: trace(grid, columns, rows, column, { x0, y0, x1, y1 }, geometry, across.from, down.from, runs) };
    },
  };
}

/** NaN is not above 0: unseen it would be a place without mask. @throws PipelineError E_MODEL_OUTPUT */
function requireFinite(logits: Float32Array, count: number): void {
  let sum = 0;
  for (let i = 0; i < count; i += 1) sum += logits[i]! * 0;
  if (sum !== 0) throw new PipelineError("E_MODEL_OUTPUT", "the mask prototypes hold numbers that are NaN, infinite, or so large that a mask of them is");
}

/** Through the sigmoid, less a half: mask is again what is above 0. */
function squash(logits: Float32Array, count: number): void {
  for (let i = 0; i < count; i += 1) logits[i] = 1 / (1 + Math.exp(-logits[i]!)) - 0.5;
}

function geometryOf(letterbox: Letterbox, widthPx: number, heightPx: number, rules: MaskRules): Geometry {
  const { inputWidthPx, inputHeightPx, contentWidthPx, contentHeightPx, sourceWidthPx, sourceHeightPx } = letterbox;
  const padding = (inputHeightPx - contentHeightPx) | (inputWidthPx - contentWidthPx);
  const fineness = rules === "yolov5" ? 1 : PROTOTYPE_STRIDE_PX / greatestDivisor(PROTOTYPE_STRIDE_PX, padding | (padding >> 1));
  const [fineWidth, fineHeight] = [widthPx * fineness, heightPx * fineness];
  // Of the finer grid, the part that the picture fills: the same share of it as of the input.
  const part = (content: number, input: number, size: number): number => Math.min(size, Math.max(1, Math.round((content * size) / input)));
  const whole = rules === "yolov5" ? { across: wholePart(contentWidthPx, inputWidthPx, widthPx), down: wholePart(contentHeightPx, inputHeightPx, heightPx) } : undefined;
  const [partWidth, partHeight] = whole ? [whole.across.size, whole.down.size] : [part(contentWidthPx, inputWidthPx, fineWidth), part(contentHeightPx, inputHeightPx, fineHeight)];
  const [left, top] = whole ? [whole.across.begin, whole.down.begin] : [begin(fineWidth - partWidth, letterbox.leftPx, fineWidth / inputWidthPx), begin(fineHeight - partHeight, letterbox.topPx, fineHeight / inputHeightPx)];
  return {
    letterbox, widthPx, heightPx, fineness,
    fineX: bilinear(widthPx, fineWidth, 0), fineY: bilinear(heightPx, fineHeight, 0),
    sourceX: bilinear(partWidth, sourceWidthPx, left), sourceY: bilinear(partHeight, sourceHeightPx, top),
  };
}

/** Of so many prototype pixels those that the picture fills, both ends cut off to whole ones. */
function wholePart(contentPx: number, inputPx: number, size: number): { readonly begin: number; readonly size: number } {
  const padding = (size - (contentPx * size) / inputPx) / 2;
  return { begin: Math.trunc(padding), size: Math.max(1, Math.trunc(size - padding) - Math.trunc(padding)) };
}

/** Where the picture begins: in the middle, or where it was put. */
function begin(rest: number, paddingPx: number, share: number): number {
  return Math.min(rest, Math.max(0, Math.round(paddingPx * share - 0.1)));
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** A stretch of rows and columns. */
interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Coefficients x prototypes over an area, row by row. */
function multiply({ data, dims }: FloatOutput, coefficients: Float32Array, { left, right, top, bottom }: Area, out: Float32Array): void {
  const [, , heightPx = 0, widthPx = 0] = dims;
  const columns = right - left;
  out.fill(0, 0, columns * (bottom - top));
  for (let k = 0; k < coefficients.length; k += 1) {
    const factor = coefficients[k]!;
    for (let y = top, to = 0; y < bottom; y += 1) {
      for (let x = left, from = (k * heightPx + y) * widthPx + left; x < right; x += 1, from += 1, to += 1) out[to]! += factor * data[from]!;
    }
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The area of the finer grid between the prototype pixels, row by row. */
function refine(logits: Float32Array, coarse: Area, { fineX, fineY }: Geometry, across: Span, down: Span, out: Float32Array): void {
  const columns = coarse.right - coarse.left;
  for (let y = down.from, to = 0; y < down.to; y += 1) {
    const upper = (fineY.low[y]! - coarse.top) * columns;
    const lower = (fineY.high[y]! - coarse.top) * columns;
    const weightY = fineY.weight[y]!;
    for (let x = across.from; x < across.to; x += 1, to += 1) {
      const left = fineX.low[x]! - coarse.left;
      const right = fineX.high[x]! - coarse.left;
      const weightX = fineX.weight[x]!;
      const above = logits[upper + left]! * (1 - weightX) + logits[upper + right]! * weightX;
      const below = logits[lower + left]! * (1 - weightX) + logits[lower + right]! * weightX;
      out[to] = above * (1 - weightY) + below * weightY;
    }
  }
}

/** Walks the box column by column and writes the runs of the whole picture. Returns how many there are. */
function trace(
  grid: Float32Array, columns: number, rows: number, column: Float32Array,
  { x0, y0, x1, y1 }: { x0: number; y0: number; x1: number; y1: number },
  { sourceX, sourceY, letterbox: { sourceWidthPx, sourceHeightPx } }: Geometry, fromX: number, fromY: number, runs: Uint32Array,
): number {
  let count = 0;
  let begun = 0;
  let isMask = false;
  for (let x = x0; x < x1; x += 1) {
    const left = sourceX.low[x]! - fromX;
    const right = sourceX.high[x]! - fromX;
    const weightX = sourceX.weight[x]!;
    for (let y = 0; y < rows; y += 1) column[y] = grid[y * columns + left]! * (1 - weightX) + grid[y * columns + right]! * weightX;
    for (let y = y0, at = x * sourceHeightPx + y0; y < y1; y += 1, at += 1) {
      const weightY = sourceY.weight[y]!;
      const value = column[sourceY.low[y]! - fromY]! * (1 - weightY) + column[sourceY.high[y]! - fromY]! * weightY;
      if (value > 0 === isMask) continue;
      runs[count] = at - begun;
      count += 1;
      begun = at;
      isMask = !isMask;
    }
    // Below the box the column is empty, and so is the next one above it.
    const end = x * sourceHeightPx + y1;
    const goesOn = y0 === 0 && y1 === sourceHeightPx && x + 1 < x1;
    if (!isMask || goesOn) continue;
    runs[count] = end - begun;
    count += 1;
    begun = end;
    isMask = false;
  }
  runs[count] = sourceWidthPx * sourceHeightPx - begun;
  // A mask that reaches the picture's last pixel ends with it: there is no run of nothing behind it.
  return runs[count] === 0 && count > 0 ? count : count + 1;
}
