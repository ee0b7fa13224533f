import { decodeStill, encodeJpeg } from "../picture/index.js";
import { refused } from "./envelope.js";

/** A frame's planes G, B, R of so many rows as a JPEG. Its colours are not those of the frame any more. */
export async function jpegOf(planes: Uint8Array, widthPx: number, heightPx: number, quality: number): Promise<Uint8Array> {
  const area = widthPx * heightPx;
  const data = new Uint8Array(3 * area);
  for (let i = 0, to = 0; i < area; i += 1, to += 3) {
    data[to] = planes[2 * area + i]!;
    data[to + 1] = planes[i]!;
    data[to + 2] = planes[area + i]!;
  }
  return encodeJpeg({ data, widthPx, heightPx, channels: 3 }, quality);
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
  const area = widthPx * heightPx;
  for (let i = 0, from = 0; i < area; i += 1, from += 3) {
    planes[2 * area + i] = picture.data[from]!;
    planes[i] = picture.data[from + 1]!;
    planes[area + i] = picture.data[from + 2]!;
  }
}
