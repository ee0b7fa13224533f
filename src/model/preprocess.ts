import { invariant } from "../core/invariant.js";
import { makeDivideKernel, STEP_BYTES, type DivideKernel } from "./divide-kernel.js";
import type { ModelInfo } from "./info.js";
import type { InputRows } from "./letterbox.js";

/** What filling needs to know of a model. */
export type InputForm = Pick<ModelInfo, "inputWidthPx" | "inputHeightPx" | "letterbox" | "channels" | "scale">;

/** A model's input buffer, and how to fill it. One for each instance; it cannot be transferred. */
export interface ModelInput {
  /** NCHW f32, 3 x height x width, R G B or B G R, times `scale`. */
  readonly floats: Float32Array;
  /**
   * Fills the input with one letterboxed frame. A value is divided by 255 with one rounding, as NumPy and PyTorch do.
   * planes   Uint8Array that begins with 3 x rows.heightPx x width pixels, planes G, B, R (FFmpeg's gbrp); may be shared
   * rows     where these rows lie in the input; all others are padding
   * Allocates nothing that grows with the picture.
   */
  fill(planes: Uint8Array, rows: InputRows): void;
}

/** Where R, G, B (or B, G, R) lie among the planes G, B, R. */
const PLANE_ORDER = { rgb: [2, 0, 1], bgr: [1, 0, 2] } as const;

/** Makes a model's input, all zeros until it is filled. */
export function makeInput({ inputWidthPx: widthPx, inputHeightPx: heightPx, letterbox, channels, scale }: InputForm): ModelInput {
  const area = widthPx * heightPx;
  const divisor = Math.round(1 / scale);
  const kernel = area % STEP_BYTES === 0 ? makeDivideKernel(3 * area) : undefined;
  const floats = kernel?.floats ?? new Float32Array(3 * area);
  const padding = letterbox.padValue / divisor;
  // Outside these rows everything is padding already: frames of one size leave it alone.
  let filled: InputRows | undefined;

  return {
    floats,
    fill(planes, rows) {
      const rowsArea = widthPx * rows.heightPx;
      invariant(planes.length >= 3 * rowsArea, `${planes.length} pixels for ${rows.heightPx} rows of ${widthPx}`);
      invariant(rows.topPx + rows.heightPx <= heightPx, `rows ${rows.topPx} + ${rows.heightPx} of ${heightPx}`);
      if (rows.topPx !== filled?.topPx || rows.heightPx !== filled.heightPx) floats.fill(padding);
      filled = rows;
      // Out of shared memory in one go: both ways on are slower from there.
      kernel?.bytes.set(planes.length === 3 * rowsArea ? planes : planes.subarray(0, 3 * rowsArea));
      for (let plane = 0; plane < 3; plane += 1) {
        const from = PLANE_ORDER[channels][plane]! * rowsArea;
        const to = plane * area + rows.topPx * widthPx;
        dividePlane(kernel, planes, from, floats, to, rowsArea, divisor);
      }
    },
  };
}

function dividePlane(
  kernel: DivideKernel | undefined,
  planes: Uint8Array,
  from: number,
  floats: Float32Array,
  to: number,
  length: number,
  divisor: number,
): void {
  if (kernel !== undefined && divisor === 1) floats.set(kernel.bytes.subarray(from, from + length), to);
  else if (kernel !== undefined && length % STEP_BYTES === 0) kernel.divide(from, to, length, divisor);
  else for (let i = 0; i < length; i += 1) floats[to + i] = planes[from + i]! / divisor;
}
