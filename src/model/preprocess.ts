import { invariant } from "../core/invariant.js";
import { makeDivideKernel, STEP_BYTES, type DivideKernel } from "./divide-kernel.js";
import { halfOf } from "./half.js";
import type { InputLook, InputType, ModelInfo } from "./info.js";
import type { InputRows } from "./letterbox.js";

/** What filling needs to know of a model. */
export type InputForm = Pick<ModelInfo, "inputWidthPx" | "inputHeightPx" | keyof InputLook> & Partial<Pick<ModelInfo, "inputType">>;

/** The numbers of an input: f32, the bits of f16, or u8. */
export type InputValues = Float32Array | Uint16Array | Uint8Array;

/** A model's input buffer, and how to fill it. One for each instance; it cannot be transferred. */
export interface ModelInput {
  /** NCHW, 3 x height x width, R G B or B G R. */
  readonly values: InputValues;
  /**
   * Fills the input with one fitted frame. A value is divided by 255 with one rounding, as NumPy and PyTorch do; mean and
   * deviation are then applied with one rounding each.
   * planes   Uint8Array that begins with 3 x rows.heightPx x width pixels, planes G, B, R (FFmpeg's gbrp); may be shared
   * rows     where these rows lie in the input; all others are padding
   * Allocates nothing that grows with the picture.
   */
  fill(planes: Uint8Array, rows: InputRows): void;
}

/** Where R, G, B (or B, G, R) lie among the planes G, B, R. */
const PLANE_ORDER = { rgb: [2, 0, 1], bgr: [1, 0, 2] } as const;
const PLANES = 3;

/** Makes a model's input, all zeros until it is filled. */
export function makeInput(form: InputForm): ModelInput {
  const { inputWidthPx: widthPx, inputHeightPx: heightPx, letterbox, channels } = form;
  const area = widthPx * heightPx;
  const { values, copy, padding } = copierOf(form, area);
  // Outside these rows everything is padding already: frames of one size leave it alone.
  let filled: InputRows | undefined;

  return {
    values,
    fill(planes, rows) {
      const rowsArea = widthPx * rows.heightPx;
      invariant(planes.length >= PLANES * rowsArea, `${planes.length} pixels for ${rows.heightPx} rows of ${widthPx}`);
      invariant(rows.topPx + rows.heightPx <= heightPx, `rows ${rows.topPx} + ${rows.heightPx} of ${heightPx}`);
      if (rows.topPx !== filled?.topPx || rows.heightPx !== filled.heightPx) {
        for (let plane = 0; plane < PLANES; plane += 1) values.fill(padding(plane, letterbox.padValue), plane * area, (plane + 1) * area);
      }
      filled = rows;
      const pixels = planes.length === PLANES * rowsArea ? planes : planes.subarray(0, PLANES * rowsArea);
      copy(pixels, rowsArea, PLANE_ORDER[channels], area, rows.topPx * widthPx);
    },
  };
}

/** Copies the three planes of `pixels`, each `length` long, into the input's planes from `offset` on. */
type Copy = (pixels: Uint8Array, length: number, order: readonly number[], area: number, offset: number) => void;

interface Copier {
  readonly values: InputValues;
  readonly copy: Copy;
  /** What a grey of 0..255 becomes in a plane of the input. */
  readonly padding: (plane: number, grey: number) => number;
}

function copierOf(form: InputForm, area: number): Copier {
  const type: InputType = form.inputType ?? "float32";
  if (type === "uint8") return byteCopier(area);
  if (type === "float32" && form.normalisation === undefined) return dividingCopier(area, Math.round(1 / form.scale));
  return tableCopier(form, area, type === "float16" ? { values: new Uint16Array(PLANES * area), convert: halfOf } : { values: new Float32Array(PLANES * area), convert: Math.fround });
}

/** The model takes pixels as they are. */
function byteCopier(area: number): Copier {
  const values = new Uint8Array(PLANES * area);
  const copy: Copy = (pixels, length, order, planeArea, offset) => {
    for (let plane = 0; plane < PLANES; plane += 1) {
      const from = order[plane]! * length;
      values.set(pixels.subarray(from, from + length), plane * planeArea + offset);
    }
  };
  return { values, copy, padding: (_, grey) => grey };
}

function dividingCopier(area: number, divisor: number): Copier {
  const kernel = area % STEP_BYTES === 0 ? makeDivideKernel(PLANES * area) : undefined;
  const values = kernel?.floats ?? new Float32Array(PLANES * area);
  const copy: Copy = (pixels, length, order, planeArea, offset) => {
    // Out of shared memory in one go: both ways on are slower from there.
    kernel?.bytes.set(pixels);
    for (let plane = 0; plane < PLANES; plane += 1) dividePlane(kernel, pixels, order[plane]! * length, values, plane * planeArea + offset, length, divisor);
  };
  return { values, copy, padding: (_, grey) => grey / divisor };
}

/** A pixel has 256 values: each plane's are looked up. */
function tableCopier({ scale, normalisation }: InputForm, area: number, { values, convert }: { values: Float32Array | Uint16Array; convert: (value: number) => number }): Copier {
  const divisor = Math.round(1 / scale);
  const tables = Array.from({ length: PLANES }, (_, plane) => {
    const [mean, std] = [Math.fround(normalisation?.mean[plane] ?? 0), Math.fround(normalisation?.std[plane] ?? 1)];
    const at = (grey: number): number => convert(Math.fround(Math.fround(Math.fround(grey / divisor) - mean) / std));
    return values instanceof Float32Array ? Float32Array.from({ length: 256 }, (__, grey) => at(grey)) : Uint16Array.from({ length: 256 }, (__, grey) => at(grey));
  });
  const copy: Copy = (pixels, length, order, planeArea, offset) => {
    for (let plane = 0; plane < PLANES; plane += 1) {
      const [table, from, to] = [tables[plane]!, order[plane]! * length, plane * planeArea + offset];
      for (let i = 0; i < length; i += 1) values[to + i] = table[pixels[from + i]!]!;
    }
  };
  return { values, copy, padding: (plane, grey) => tables[plane]![grey] ?? 0 };
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
