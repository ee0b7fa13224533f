import type { Yuv } from "../picture/index.js";

/** A picture of 4:2:0 planes: Y, then U and V of half the size, rounded up. */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** How much of each pixel a letter covers, 0 to 255, row by row. */
export interface Stencil {
  readonly alpha: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Colour is stored for two by two pixels: what is drawn begins and ends between them. */
export const even = (value: number): number => 2 * Math.round(value / 2);

const within = (value: number, most: number): number => Math.max(0, Math.min(most, value));

/** Fills a rectangle whose sides are even; what lies outside the picture is left away. `right` and `bottom` are the first pixels behind it. */
export function fillRect({ pixels, widthPx, heightPx }: Canvas, left: number, top: number, right: number, bottom: number, [luma, u, v]: Yuv): void {
  const [x1, x2] = [within(left, widthPx), within(right, widthPx)];
  const [y1, y2] = [within(top, heightPx), within(bottom, heightPx)];
  if (x1 >= x2) return;
  for (let y = y1; y < y2; y += 1) pixels.fill(luma, y * widthPx + x1, y * widthPx + x2);
  const chromaWidth = (widthPx + 1) >> 1;
  const uStart = widthPx * heightPx;
  const vStart = uStart + chromaWidth * ((heightPx + 1) >> 1);
  const [from, to] = [x1 >> 1, (x2 + 1) >> 1];
  for (let y = y1 >> 1; y < (y2 + 1) >> 1; y += 1) {
    pixels.fill(u, uStart + y * chromaWidth + from, uStart + y * chromaWidth + to);
    pixels.fill(v, vStart + y * chromaWidth + from, vStart + y * chromaWidth + to);
  }
}

/** The sides of a rectangle, drawn inwards. */
export function strokeRect(canvas: Canvas, left: number, top: number, right: number, bottom: number, linePx: number, colour: Yuv): void {
  fillRect(canvas, left, top, right, Math.min(bottom, top + linePx), colour);
  fillRect(canvas, left, Math.max(top, bottom - linePx), right, bottom, colour);
  fillRect(canvas, left, top, Math.min(right, left + linePx), bottom, colour);
  fillRect(canvas, Math.max(left, right - linePx), top, right, bottom, colour);
}

/** A line from one point to another, as squares of `linePx`. */
export function strokeLine(canvas: Canvas, [x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], linePx: number, colour: Yuv): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1)) / linePx));
  for (let i = 0; i <= steps; i += 1) {
    const [x, y] = [even(x1 + ((x2 - x1) * i) / steps - linePx / 2), even(y1 + ((y2 - y1) * i) / steps - linePx / 2)];
    fillRect(canvas, x, y, x + linePx, y + linePx, colour);
  }
}

/** How much of a tint's colour covers what is there, of 256. */
const TINT = 110;

/** Tints a column's pixels from one row to another, without the latter; what lies outside the picture is left away. */
export function tintColumn({ pixels, widthPx, heightPx }: Canvas, x: number, fromY: number, toY: number, [luma, u, v]: Yuv): void {
  if (x < 0 || x >= widthPx) return;
  const blend = (at: number, value: number): void => void (pixels[at] = pixels[at]! + (((value - pixels[at]!) * TINT) >> 8));
  const chromaWidth = (widthPx + 1) >> 1;
  const uStart = widthPx * heightPx;
  const vStart = uStart + chromaWidth * ((heightPx + 1) >> 1);
  for (let y = Math.max(0, fromY); y < Math.min(heightPx, toY); y += 1) {
    blend(y * widthPx + x, luma);
    // Colour is of two by two pixels: the first of them decides.
    if (((x | y) & 1) !== 0) continue;
    const at = (y >> 1) * chromaWidth + (x >> 1);
    blend(uStart + at, u);
    blend(vStart + at, v);
  }
}

/** Lays letters over what is there, in their brightness: on a plain ground of a label that is enough, and colour has half the pixels anyway. */
export function stencil({ pixels, widthPx, heightPx }: Canvas, left: number, top: number, { alpha, widthPx: width, heightPx: height }: Stencil, [luma]: Yuv): void {
  for (let y = Math.max(0, -top); y < height && top + y < heightPx; y += 1) {
    const row = (top + y) * widthPx + left;
    for (let x = Math.max(0, -left); x < width && left + x < widthPx; x += 1) {
      const cover = alpha[y * width + x]!;
      if (cover > 0) pixels[row + x] = pixels[row + x]! + (((luma - pixels[row + x]!) * cover) >> 8);
    }
  }
}
