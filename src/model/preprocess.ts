import { invariant } from "../core/invariant.js";
import { makeDivideKernel, STEP_BYTES, type DivideKernel } from "./divide-kernel.js";
import type { ModelInfo } from "./info.js";

/** Inputs that were made here, by their memory: those are filled fast. */
const kernels = new WeakMap<ArrayBufferLike, DivideKernel>();

/**
 * Makes a model's input buffer: Float32Array, 3 x height x width. `fillInput` fills one that was made here, in this
 * thread, several times faster than any other. It cannot be transferred.
 */
export function makeInput({
  inputWidthPx,
  inputHeightPx,
}: Pick<ModelInfo, "inputWidthPx" | "inputHeightPx">): Float32Array {
  const count = 3 * inputWidthPx * inputHeightPx;
  if ((count / 3) % STEP_BYTES !== 0) return new Float32Array(count);
  const kernel = makeDivideKernel(count);
  kernels.set(kernel.floats.buffer, kernel);
  return kernel.floats;
}

/**
 * Fills a model's input with one letterboxed frame. A value is divided by 255 with one rounding, as NumPy and PyTorch do.
 * planes   Uint8Array, 3 x height x width, planes G, B, R (FFmpeg's gbrp), of the model's input size; may be shared
 * out      Float32Array as long, from `makeInput` at best; overwritten with NCHW, R G B or B G R, times `scale`
 * Allocates nothing that grows with the picture.
 */
export function fillInput(
  planes: Uint8Array,
  { channels, scale }: Pick<ModelInfo, "channels" | "scale">,
  out: Float32Array,
): void {
  invariant(planes.length === out.length, `${planes.length} pixels for an input of ${out.length}`);
  const area = planes.length / 3;
  const order = channels === "rgb" ? RGB : BGR;
  const divisor = Math.round(1 / scale);
  const kernel = kernels.get(out.buffer);
  // Out of shared memory in one go: both ways on are slower from there.
  kernel?.bytes.set(planes);
  for (let plane = 0; plane < 3; plane += 1) {
    const from = order[plane]! * area;
    if (kernel === undefined) dividePlane(planes, from, out, plane * area, area, divisor);
    else if (divisor === 1) out.set(kernel.bytes.subarray(from, from + area), plane * area);
    else kernel.divide(from, plane * area, area, divisor);
  }
}

/** Where R, G, B (or B, G, R) lie among the planes G, B, R. */
const RGB = [2, 0, 1] as const;
const BGR = [1, 0, 2] as const;

function dividePlane(
  from: Uint8Array,
  start: number,
  out: Float32Array,
  to: number,
  length: number,
  divisor: number,
): void {
  for (let i = 0; i < length; i += 1) out[to + i] = from[start + i]! / divisor;
}
