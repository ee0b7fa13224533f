import type { VideoFrame } from "../../core/video-frame.js";
import { overlayOf } from "../../overlay/index.js";
import { redrawJpeg } from "../../picture/index.js";
import type { FrameRecord } from "../../wire/index.js";

/** JPEG quality of pictures that were drawn on or made smaller, 1..100. */
const JPEG_QUALITY = 85;

/** What a picture should look like. */
export interface Look {
  /** The record of exactly this frame; undefined = no boxes. */
  readonly record: FrameRecord | undefined;
  /** Never enlarged; undefined = as it is. */
  readonly widthPx: number | undefined;
}

/** A picture as it was asked for. Untouched where nothing has to be done. */
export async function drawn(picture: VideoFrame, { record, widthPx: wanted }: Look): Promise<Uint8Array> {
  const widthPx = Math.min(wanted ?? picture.widthPx, picture.widthPx);
  if (record === undefined && widthPx === picture.widthPx) return picture.jpeg;
  const heightPx = Math.max(1, Math.round((picture.heightPx * widthPx) / picture.widthPx));
  return await redrawJpeg(picture.jpeg, { widthPx, heightPx, layers: record === undefined ? [] : overlayOf(record, { widthPx, heightPx }) }, JPEG_QUALITY);
}
