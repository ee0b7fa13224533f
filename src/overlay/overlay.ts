import { BODY, BODY_POINTS, LEAST_POINT_SCORE } from "../core/body.js";
import { colourOf, INK } from "../core/class-colours.js";
import { escaped } from "../core/svg.js";
import type { Layer } from "../picture/index.js";
import type { FrameRecord } from "../wire/index.js";
import { MASK_OPACITY, maskLayer } from "./masks.js";

/** What was seen in a picture, and the size that its pixels count in. */
export type Seen = Pick<FrameRecord, "objects" | "widthPx" | "heightPx">;
type DetectedObject = Seen["objects"][number];
type Size = Pick<Seen, "widthPx" | "heightPx">;
type Point = readonly [number, number];

/** A line is a 300th of the picture's shorter side, letters a 36th. */
const LINES_A_SIDE = 300;
const LETTERS_A_SIDE = 36;
const [SMALLEST_FONT_PX, LARGEST_FONT_PX] = [10, 64];
const SMALLEST_LINE_PX = 2;
/** Round each line a darker one, so that it can be told from a bright ground too. */
const HALO = `stroke="${INK}" stroke-opacity="0.55"`;
/** Letters as wide as each other, so that their ground can be as wide as they are: of DejaVu Sans Mono 0.602 of their height. */
const FONT = 'font-family="DejaVu Sans Mono, monospace" font-weight="600"';
const LETTER_WIDTH = 0.602;
/** Chinese, Japanese, Korean: twice as wide. */
const WIDE_LETTER = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/g;
const LINE_HEIGHT = 1.3;

/** What was seen as layers over its picture, which is now of `size`: masks as a tint, then boxes, poses and words. Pure. */
export function overlayOf(seen: Seen, size: Size): Layer[] {
  const masks = maskLayer(seen, size);
  return [...(masks === undefined ? [] : [masks]), overlaySvg(seen, size)];
}

/** The lines and words of it as an SVG document of that size. Pure. */
export function overlaySvg({ objects, widthPx, heightPx }: Seen, to: Size): string {
  const side = Math.min(to.widthPx, to.heightPx);
  const pen: Pen = {
    to,
    place: (x, y) => [(x * to.widthPx) / widthPx, (y * to.heightPx) / heightPx],
    linePx: Math.max(SMALLEST_LINE_PX, side / LINES_A_SIDE),
    fontPx: Math.round(Math.max(SMALLEST_FONT_PX, Math.min(LARGEST_FONT_PX, side / LETTERS_A_SIDE))),
  };
  // The best score last, so that it lies on top; words over all lines.
  const drawn = objects.toReversed();
  const shapes = drawn.map((object) => shapeOf(object, pen));
  const words = drawn.map((object) => wordsOf(object, pen));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${to.widthPx}" height="${to.heightPx}">${[...shapes, ...words].join("")}</svg>`;
}

interface Pen {
  readonly to: Size;
  /** From the pixels of what was seen to those of the drawing. */
  place(x: number, y: number): Point;
  readonly linePx: number;
  readonly fontPx: number;
}

const px = (value: number): string => value.toFixed(1);
const listed = (points: readonly Point[]): string => points.map(([x, y]) => `${px(x)},${px(y)}`).join(" ");

function shapeOf({ box: [x1, y1, x2, y2], corners, keypoints, polygon, mask, classes, classId }: DetectedObject, pen: Pen): string {
  // A classifier's answer is about the whole picture.
  if (classes !== undefined) return "";
  const points: readonly Point[] = corners ?? [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
  const outline = `points="${listed(points.map(([x, y]) => pen.place(x, y)))}" fill="none" stroke-linejoin="round"`;
  const inside = polygon === undefined || mask !== undefined ? "" : `<path d="${polygon.map((ring) => ringOf(ring, pen)).join("")}" fill="${colourOf(classId)}" fill-opacity="${MASK_OPACITY}" fill-rule="evenodd"/>`;
  return inside + lined(`<polygon ${outline}`, colourOf(classId), pen.linePx) + (keypoints === undefined ? "" : poseOf(keypoints, colourOf(classId), pen));
}

function ringOf(ring: readonly number[], { place }: Pen): string {
  const points = Array.from({ length: ring.length >> 1 }, (_, i) => place(ring[2 * i]!, ring[2 * i + 1]!));
  return `M${points.map(([x, y]) => `${px(x)} ${px(y)}`).join("L")}Z`;
}

/** A line with its halo; `open` is a tag that is not closed yet. */
const lined = (open: string, colour: string, linePx: number): string =>
  `${open} ${HALO} stroke-width="${px(linePx * 2)}"/>${open} stroke="${colour}" stroke-width="${px(linePx)}"/>`;

function poseOf(keypoints: NonNullable<DetectedObject["keypoints"]>, colour: string, { place, linePx }: Pen): string {
  const sure = keypoints.map(([x, y, score]) => (score >= LEAST_POINT_SCORE ? place(x, y) : undefined));
  const bones = (keypoints.length === BODY_POINTS ? BODY : []).flatMap(([a, b]) => {
    const [from, to] = [sure[a], sure[b]];
    return from && to ? [lined(`<polyline points="${listed([from, to])}" fill="none" stroke-linecap="round"`, colour, linePx)] : [];
  });
  const joints = sure.flatMap((at) => (at ? [`<circle cx="${px(at[0])}" cy="${px(at[1])}" r="${px(linePx * 1.6)}" fill="${colour}" ${HALO} stroke-width="${px(linePx / 2)}"/>`] : []));
  return [...bones, ...joints].join("");
}

/** Above its box, or within where there is no room; moved left where it would leave the picture. A classifier's: a line for each class. */
function wordsOf(object: DetectedObject, { to, place, fontPx }: Pen): string {
  const { box: [x1, y1], classId, label, score, trackId, classes } = object;
  const heightPx = fontPx * LINE_HEIGHT;
  const named = classes ?? [{ classId, label: trackId === undefined ? label : `${label} #${trackId}`, score }];
  const [x, y] = classes ? [0, 0] : place(x1, y1);
  return named.map((one, i) => {
    const words = `${one.label} ${one.score.toFixed(2)}`;
    const letters = words.length + (words.match(WIDE_LETTER)?.length ?? 0);
    const widthPx = (letters + 1) * fontPx * LETTER_WIDTH;
    const left = Math.max(0, Math.min(x, to.widthPx - widthPx));
    const top = (y >= heightPx ? y - heightPx : y) + i * heightPx;
    const ground = `<rect x="${px(left)}" y="${px(top)}" width="${px(widthPx)}" height="${px(heightPx)}" fill="${colourOf(one.classId)}"/>`;
    return `${ground}<text x="${px(left + (fontPx * LETTER_WIDTH) / 2)}" y="${px(top + fontPx)}" ${FONT} font-size="${fontPx}" fill="${INK}">${escaped(words)}</text>`;
  }).join("");
}
