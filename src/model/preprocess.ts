import { invariant } from "../core/invariant.js";
import type { ModelInfo } from "./info.js";

/** Every pixel value as the float32 that the model is fed, per scale. x / 255 is rounded once, as NumPy rounds it. */
const tables = new Map<number, Float32Array>();

function tableFor(scale: number): Float32Array {
  let table = tables.get(scale);
  if (table === undefined) tables.set(scale, (table = Float32Array.from({ length: 256 }, (_, value) => value / Math.round(1 / scale))));
  return table;
}

/**
 * Fills a model's input with one letterboxed frame.
 * planes   Uint8Array, 3 x height x width, planes G, B, R (FFmpeg's gbrp), of the model's input size; may be shared memory
 * out      Float32Array of the same length: NCHW, R G B or B G R, times `scale`; overwritten
 * Any thread; allocates nothing that grows with the picture.
 */
export function fillInput(planes: Uint8Array, { channels, scale }: Pick<ModelInfo, "channels" | "scale">, out: Float32Array): void {
  invariant(planes.length === out.length, `${planes.length} pixels for an input of ${out.length}`);
  const area = planes.length / 3;
  const order = channels === "rgb" ? [2, 0, 1] : [1, 0, 2];
  const table = tableFor(scale);
  for (let plane = 0; plane < 3; plane += 1) fillPlane(planes, order[plane]! * area, table, out, plane * area, area);
}

function fillPlane(from: Uint8Array, start: number, table: Float32Array, out: Float32Array, to: number, length: number): void {
  for (let i = 0; i < length; i += 1) out[to + i] = table[from[start + i]!]!;
}
