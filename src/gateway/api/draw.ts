import type { VideoFrame } from "../../core/video-frame.js";
import { redrawJpeg } from "../../picture/index.js";
import type { FrameRecord } from "../../wire/index.js";

/** JPEG quality of pictures that were drawn on or made smaller, 1..100. */
const JPEG_QUALITY = 85;
/** Turns classes into colours far from each other: the golden angle, degrees. */
const HUE_STEP = 137.508;

/** What a picture should look like. */
export interface Look {
  /** The record of exactly this frame; undefined = no boxes. */
  readonly record: FrameRecord | undefined;
  /** Never enlarged; undefined = as it is. */
  readonly widthPx: number | undefined;
}

/** A picture as it was asked for. Untouched where nothing has to be done. */
export async function drawn(picture: VideoFrame, { record, widthPx }: Look): Promise<Uint8Array> {
  const width = Math.min(widthPx ?? picture.widthPx, picture.widthPx);
  if (record === undefined && width === picture.widthPx) return picture.jpeg;
  const height = Math.max(1, Math.round((picture.heightPx * width) / picture.widthPx));
  return await redrawJpeg(picture.jpeg, { widthPx: width, heightPx: height, ...(record && { svg: boxesSvg(record, width, height) }) }, JPEG_QUALITY);
}

/** The objects of a frame as an SVG document of that size. Pure. */
export function boxesSvg({ objects, widthPx, heightPx }: FrameRecord, toWidthPx: number, toHeightPx: number): string {
  const [scaleX, scaleY] = [toWidthPx / widthPx, toHeightPx / heightPx];
  const line = Math.max(1, toWidthPx / 400);
  const fontPx = Math.max(9, Math.round(toWidthPx / 55));
  const shapes = objects.map(({ box: [x1, y1, x2, y2], classId, label, score }) => {
    const colour = `hsl(${Math.round((classId * HUE_STEP) % 360)},90%,50%)`;
    const [x, y] = [x1 * scaleX, y1 * scaleY];
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${((x2 - x1) * scaleX).toFixed(1)}" height="${((y2 - y1) * scaleY).toFixed(1)}"`;
    const textY = y > fontPx * 1.3 ? y - fontPx * 0.3 : y + fontPx;
    const words = `${escaped(label)} ${Math.round(score * 100)}%`;
    return (
      `<rect ${place} fill="none" stroke="${colour}" stroke-width="${line}"/>` +
      `<text x="${(x + line).toFixed(1)}" y="${textY.toFixed(1)}" font-family="sans-serif" font-size="${fontPx}" fill="${colour}" stroke="#000" stroke-width="2.5" paint-order="stroke">${words}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${toWidthPx}" height="${toHeightPx}">${shapes.join("")}</svg>`;
}

const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** A model's labels are whatever its file says; XML has no control characters. */
function escaped(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\ufffe\uffff]/g, " ").replace(/[&<>"']/g, (mark) => MARKUP[mark] ?? mark);
}
