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
    const colour = `hsl(${Math.round((classId * HUE_STEP) % 360)},85%,38%)`;
    const [x, y] = [x1 * scaleX, y1 * scaleY];
    const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${((x2 - x1) * scaleX).toFixed(1)}" height="${((y2 - y1) * scaleY).toFixed(1)}"`;
    const words = `${label} ${Math.round(score * 100)}%`;
    const tagPx = { width: words.length * fontPx * 0.6, height: fontPx * 1.25 };
    const tagY = Math.max(0, y - tagPx.height);
    return (
      `<rect ${place} fill="none" stroke="${colour}" stroke-width="${line}"/>` +
      `<rect x="${x.toFixed(1)}" y="${tagY.toFixed(1)}" width="${tagPx.width.toFixed(1)}" height="${tagPx.height.toFixed(1)}" fill="${colour}"/>` +
      `<text x="${(x + fontPx * 0.15).toFixed(1)}" y="${(tagY + fontPx).toFixed(1)}" font-family="sans-serif" font-size="${fontPx}" fill="#fff">${escaped(words)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${toWidthPx}" height="${toHeightPx}">${shapes.join("")}</svg>`;
}

const MARKUP: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** A model's labels are whatever its file says; XML has no control characters. */
function escaped(text: string): string {
  return text.replace(/[\u0000-\u001f\ufffe\uffff]/g, " ").replace(/[&<>"']/g, (mark) => MARKUP[mark] ?? mark);
}
