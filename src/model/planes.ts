import { letterboxFor, rowsOf, type Letterbox } from "./letterbox.js";
import type { InputForm } from "./preprocess.js";

/** Pixels of one picture: rows from the top, R, G, B of each pixel side by side, 8 bits. */
export interface RgbPixels {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A picture's size, px. */
export type SizePx = Pick<RgbPixels, "widthPx" | "heightPx">;

/**
 * Puts a still picture into planes as a decoder would: letterboxed, only the rows that hold it.
 * planes   at least 3 x input width x content height, overwritten with planes G, B, R
 * read     reads the picture at the size that is chosen for its own size
 */
export async function placePicture(
  { letterbox, inputWidthPx, inputHeightPx }: Pick<InputForm, "letterbox" | "inputWidthPx" | "inputHeightPx">,
  planes: Uint8Array,
  read: (fit: (widthPx: number, heightPx: number) => SizePx) => Promise<RgbPixels>,
): Promise<Letterbox> {
  const chosen: { box?: Letterbox } = {};
  const rgb = await read((widthPx, heightPx) => {
    const box = letterboxFor(letterbox, inputWidthPx, inputHeightPx, widthPx, heightPx);
    chosen.box = box;
    return { widthPx: box.contentWidthPx, heightPx: box.contentHeightPx };
  });
  const { box = letterboxFor(letterbox, inputWidthPx, inputHeightPx, rgb.widthPx, rgb.heightPx) } = chosen;
  placeRgb(rgb, box, letterbox.padValue, planes);
  return box;
}

/** Where a picture lies in its rows. A whole letterbox says it, and so does less. */
export type PictureRows = Pick<Letterbox, "inputWidthPx" | "inputHeightPx" | "leftPx" | "topPx" | "contentWidthPx" | "contentHeightPx">;

/** Interleaved RGB into planes G, B, R of the rows that hold the picture, with padding left and right. */
export function placeRgb(rgb: RgbPixels, box: PictureRows, padValue: number, planes: Uint8Array): void {
  const { inputWidthPx } = box;
  const { heightPx } = rowsOf(box);
  const area = inputWidthPx * heightPx;
  planes.fill(padValue, 0, 3 * area);
  // What goes beyond the input is left out.
  const [cutLeft, cutTop] = [Math.max(0, -box.leftPx), Math.max(0, -box.topPx)];
  const columns = Math.min(rgb.widthPx - cutLeft, inputWidthPx);
  for (let y = 0; y < Math.min(rgb.heightPx - cutTop, heightPx); y += 1) {
    let to = y * inputWidthPx + Math.max(0, box.leftPx);
    let from = ((y + cutTop) * rgb.widthPx + cutLeft) * 3;
    for (let x = 0; x < columns; x += 1, to += 1, from += 3) {
      planes[to] = rgb.data[from + 1] ?? 0;
      planes[area + to] = rgb.data[from + 2] ?? 0;
      planes[2 * area + to] = rgb.data[from] ?? 0;
    }
  }
}

/**
 * The other way: the picture without its padding, at the size that it has in the input, as far as it lies there.
 * planes   begins with `rowsPx` rows of the input's width in planes G, B, R, of which the first is `fromRowPx` of the input
 */
export function rgbOf(planes: Uint8Array, box: PictureRows, fromRowPx: number, rowsPx: number): RgbPixels {
  const [widthPx, heightPx] = [Math.min(box.contentWidthPx, box.inputWidthPx), Math.min(box.contentHeightPx, box.inputHeightPx)];
  const area = box.inputWidthPx * rowsPx;
  const data = new Uint8Array(3 * widthPx * heightPx);
  for (let y = 0; y < heightPx; y += 1) {
    let from = (y + Math.max(0, box.topPx) - fromRowPx) * box.inputWidthPx + Math.max(0, box.leftPx);
    let to = y * widthPx * 3;
    for (let x = 0; x < widthPx; x += 1, from += 1, to += 3) {
      data[to] = planes[2 * area + from] ?? 0;
      data[to + 1] = planes[from] ?? 0;
      data[to + 2] = planes[area + from] ?? 0;
    }
  }
  return { data, widthPx, heightPx };
}
