import { colourOf } from "../core/class-colours.js";
import { eachPieceAt, type Mask } from "../core/mask.js";
import type { RawPicture } from "../picture/index.js";
import type { FrameRecord } from "../wire/index.js";

/** How much of a mask's colour covers the picture, 0..1. */
export const MASK_OPACITY = 0.43;
const MASK_ALPHA = Math.round(255 * MASK_OPACITY);
const CHANNELS = 4;

/** The objects' pixels as a tint of `size`, the best score on top; undefined where no object has a mask. */
export function maskLayer({ objects }: Pick<FrameRecord, "objects">, { widthPx, heightPx }: Pick<FrameRecord, "widthPx" | "heightPx">): RawPicture | undefined {
  if (!objects.some(({ mask }) => mask)) return undefined;
  const data = new Uint8Array(widthPx * heightPx * CHANNELS);
  for (const { mask, classId } of objects.toReversed()) if (mask) tint(new DataView(data.buffer), widthPx, heightPx, mask, colourOf(classId));
  return { data, widthPx, heightPx, channels: CHANNELS };
}

/** Fills the pixels that a mask covers; it may be of another size. */
function tint(pixels: DataView, widthPx: number, heightPx: number, mask: Mask, colour: string): void {
  const pixel = ((Number.parseInt(colour.slice(1), 16) << 8) | MASK_ALPHA) >>> 0;
  eachPieceAt(mask, widthPx, heightPx, (x, fromY, toY) => {
    for (let y = fromY; y < toY; y += 1) pixels.setUint32((y * widthPx + x) * CHANNELS, pixel);
  });
}
