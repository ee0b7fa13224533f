import { placeRgb, rgbOf, type PictureRows } from "../model/index.js";
import { decodeStill, encodeJpeg } from "../picture/index.js";
import { refused } from "./envelope.js";

/** A frame's rows as one picture, its padding left and right included. */
function wholeRows(widthPx: number, heightPx: number): PictureRows {
  return { inputWidthPx: widthPx, inputHeightPx: heightPx, leftPx: 0, topPx: 0, contentWidthPx: widthPx, contentHeightPx: heightPx };
}

/** A frame's planes G, B, R of so many rows as a JPEG. Its colours are not those of the frame any more. */
export async function jpegOf(planes: Uint8Array, widthPx: number, heightPx: number, quality: number): Promise<Uint8Array> {
  return encodeJpeg({ ...rgbOf(planes, wholeRows(widthPx, heightPx), 0, heightPx), channels: 3 }, quality);
}

/**
 * Writes a JPEG's pixels as planes G, B, R.
 * @throws PipelineError E_QUEUE_MESSAGE when it is no JPEG of this size
 */
export async function planesOf(jpeg: Uint8Array, widthPx: number, heightPx: number, planes: Uint8Array): Promise<void> {
  const picture = await decodeStill(jpeg).catch((cause: unknown) => {
    throw refused("a frame is no JPEG", cause);
  });
  if (picture.widthPx !== widthPx || picture.heightPx !== heightPx) throw refused(`a frame of ${picture.widthPx}x${picture.heightPx}, expected ${widthPx}x${heightPx}`);
  placeRgb(picture, wholeRows(widthPx, heightPx), 0, planes);
}
