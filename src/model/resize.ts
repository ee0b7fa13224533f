import { invariant } from "../core/invariant.js";

/** Part of a resized picture: its columns and rows from `leftPx`, `topPx` on. */
export interface ResizedPart {
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Which sizes, and what is wanted of the result. */
export interface ResizeOptions {
  readonly fromWidthPx: number;
  readonly fromHeightPx: number;
  readonly toWidthPx: number;
  readonly toHeightPx: number;
  readonly part: ResizedPart;
}

/**
 * Writes the part of one picture.
 * bgr      fromHeightPx x fromWidthPx x 3, B G R of each pixel side by side, 8 bits; may be shared memory
 * planes   written at `offset`, row by row, each `strideBytes` after the one before; plane n begins at n x planeBytes: G, B, R
 */
export type Resize = (bgr: Uint8Array, planes: Uint8Array, offset: number, strideBytes: number, planeBytes: number) => void;

const CHANNELS = 3;
/** OpenCV weighs with 11 bits. */
const WEIGHT_ONE = 2048;
/** Bits that go between the two directions, and after both. */
const [BETWEEN_BITS, AFTER_BITS] = [4, 16];

/**
 * `cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)` for 8 bits, to the letter: half-pixel centres, no widening on
 * downscale, whole numbers with 11 bits of weight. Prepared for one pair of sizes, allocates nothing when it runs.
 * Source: OpenCV's resize.cpp (HResizeLinear, VResizeLinear for uchar); checked against OpenCV 5.0.
 */
export function makeLinearResize({ fromWidthPx, fromHeightPx, toWidthPx, toHeightPx, part }: ResizeOptions): Resize {
  const columns = tapsOf(fromWidthPx, toWidthPx, part.leftPx, part.widthPx, CHANNELS, true);
  const rows = tapsOf(fromHeightPx, toHeightPx, part.topPx, part.heightPx, 1, false);
  const values = part.widthPx * CHANNELS;
  // The last two source rows, drawn across: consecutive rows of the result mostly share one.
  const drawn = [new Int32Array(values), new Int32Array(values)] as const;
  const rowBytes = fromWidthPx * CHANNELS;

  return (bgr, planes, offset, strideBytes, planeBytes) => {
    invariant(bgr.length >= fromHeightPx * rowBytes, `${bgr.length} bytes for ${fromWidthPx} x ${fromHeightPx} pixels`);
    let [upperRow, lowerRow] = [-1, -1];
    let [upper, lower] = drawn;
    for (let y = 0; y < part.heightPx; y += 1) {
      const [first, second] = [rows.first[y]!, rows.second[y]!];
      if (first === lowerRow) [upper, lower, upperRow, lowerRow] = [lower, upper, lowerRow, upperRow];
      if (first !== upperRow) drawAcross(bgr, first * rowBytes, columns, upper, part.widthPx);
      upperRow = first;
      if (second !== lowerRow && second !== first) drawAcross(bgr, second * rowBytes, columns, lower, part.widthPx);
      if (second !== first) lowerRow = second;
      const under = second === first ? upper : lower;
      const to = offset + y * strideBytes;
      // Drawn rows are B, G, R one after the other.
      mix(upper, under, part.widthPx, rows.weight[y]!, planes, to, part.widthPx);
      mix(upper, under, 0, rows.weight[y]!, planes, to + planeBytes, part.widthPx);
      mix(upper, under, 2 * part.widthPx, rows.weight[y]!, planes, to + 2 * planeBytes, part.widthPx);
    }
  };
}

/** One source row across: B of all columns, then G, then R. */
function drawAcross(bgr: Uint8Array, at: number, { first, second, weight }: Taps, out: Int32Array, width: number): void {
  for (let x = 0; x < width; x += 1) {
    const from = at + first[x]!;
    const to = at + second[x]!;
    const share = weight[x]!;
    const rest = WEIGHT_ONE - share;
    out[x] = (Math.imul(bgr[from]!, rest) + Math.imul(bgr[to]!, share)) >> BETWEEN_BITS;
    out[width + x] = (Math.imul(bgr[from + 1]!, rest) + Math.imul(bgr[to + 1]!, share)) >> BETWEEN_BITS;
    out[2 * width + x] = (Math.imul(bgr[from + 2]!, rest) + Math.imul(bgr[to + 2]!, share)) >> BETWEEN_BITS;
  }
}

function mix(upper: Int32Array, lower: Int32Array, from: number, share: number, out: Uint8Array, to: number, width: number): void {
  const rest = WEIGHT_ONE - share;
  for (let x = 0; x < width; x += 1) {
    out[to + x] = ((Math.imul(rest, upper[from + x]!) >> AFTER_BITS) + (Math.imul(share, lower[from + x]!) >> AFTER_BITS) + 2) >> 2;
  }
}

/** Between which two source pixels each one lies, times `step`, and the weight of the second. */
interface Taps {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Int32Array;
}

/** The `count` places from `begin` on. Beyond the edges OpenCV takes one column whole, but weighs a row with itself. */
function tapsOf(from: number, to: number, begin: number, count: number, step: number, edgeIsWhole: boolean): Taps {
  const taps = { first: new Int32Array(count), second: new Int32Array(count), weight: new Int32Array(count) };
  const inside = (cell: number): number => Math.min(Math.max(cell, 0), from - 1);
  for (let i = 0; i < count; i += 1) {
    const centre = Math.fround((begin + i + 0.5) * (from / to) - 0.5);
    const cell = Math.floor(centre);
    const share = edgeIsWhole && (cell < 0 || cell >= from - 1) ? 0 : Math.fround(centre - cell);
    taps.first[i] = inside(cell) * step;
    taps.second[i] = inside(cell + 1) * step;
    taps.weight[i] = halfEven(Math.fround(share * WEIGHT_ONE));
  }
  return taps;
}

function halfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}
