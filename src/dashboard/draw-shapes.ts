import { BODY, BODY_POINTS, LEAST_POINT_SCORE } from "../core/body.js";
import { colourOf } from "../core/class-colours.js";
import { eachPieceAt } from "../core/mask.js";
import type { FrameRecord } from "../wire/index.js";
import type { Trails } from "./trails.js";
import type { Placement } from "./viewport.js";

type DetectedObject = FrameRecord["objects"][number];
/** From source pixels to CSS pixels of the canvas. */
export type ToScreen = (x: number, y: number) => [number, number];

/** How much of a mask's colour covers the picture, 0..255. */
const MASK_ALPHA = 110;
/** Masks are drawn at most so wide, px: more can't be told under a tint. */
const MASK_WIDTH_PX = 640;
const POINT_RADIUS_PX = 3;
const LINE_PX = 2;

/** A turned box, in the stroke that is set. */
export function drawCorners(context: CanvasRenderingContext2D, corners: NonNullable<DetectedObject["corners"]>, toScreen: ToScreen): void {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(...toScreen(x, y));
  context.closePath();
  context.stroke();
}

/** The way that a track has come, paler the longer ago. */
export function drawTrail(context: CanvasRenderingContext2D, { trackId, classId }: DetectedObject, frame: number, trails: Trails, toScreen: ToScreen): void {
  if (trackId === undefined) return;
  const points = trails.upTo(trackId, frame);
  context.strokeStyle = colourOf(classId);
  context.lineWidth = LINE_PX;
  context.lineCap = "round";
  for (let i = 1; i < points.length; i += 1) {
    context.globalAlpha = i / points.length;
    context.beginPath();
    context.moveTo(...toScreen(points[i - 1]!.x, points[i - 1]!.y));
    context.lineTo(...toScreen(points[i]!.x, points[i]!.y));
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** The points of a pose, joined where they are those of a body. */
export function drawKeypoints(context: CanvasRenderingContext2D, { keypoints, classId }: DetectedObject, toScreen: ToScreen): void {
  if (!keypoints) return;
  const isSure = (i: number): boolean => (keypoints[i]?.[2] ?? 0) >= LEAST_POINT_SCORE;
  const at = (i: number): [number, number] => toScreen(keypoints[i]![0], keypoints[i]![1]);
  context.lineWidth = LINE_PX;
  context.strokeStyle = context.fillStyle = colourOf(classId);
  context.beginPath();
  for (const [a, b] of keypoints.length === BODY_POINTS ? BODY : []) {
    if (!isSure(a) || !isSure(b)) continue;
    context.moveTo(...at(a));
    context.lineTo(...at(b));
  }
  context.stroke();
  for (const i of keypoints.keys()) {
    if (!isSure(i)) continue;
    context.beginPath();
    context.arc(...at(i), POINT_RADIUS_PX, 0, 2 * Math.PI);
    context.fill();
  }
}

/** One sheet for all pages' masks: they are tinted here and laid over the picture in one go. */
let sheet: OffscreenCanvas | undefined;

/** The objects' pixels as a tint. */
export function drawMasks(context: CanvasRenderingContext2D, at: Placement, { objects, widthPx, heightPx }: FrameRecord): void {
  if (!objects.some(({ mask }) => mask)) return;
  const width = Math.min(MASK_WIDTH_PX, widthPx);
  const height = Math.round((width * heightPx) / widthPx);
  sheet ??= new OffscreenCanvas(width, height);
  if (sheet.width !== width || sheet.height !== height) Object.assign(sheet, { width, height });
  const paper = sheet.getContext("2d");
  if (!paper) return;
  const image = paper.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (const { mask, classId } of objects.toReversed()) if (mask) tint(pixels, width, height, mask, colourOf(classId));
  paper.putImageData(image, 0, 0);
  context.drawImage(sheet, at.left, at.top, at.width, at.height);
}

/** Objects of which the record has the outline alone. */
export function drawOutlines(context: CanvasRenderingContext2D, { objects }: FrameRecord, toScreen: ToScreen): void {
  context.globalAlpha = MASK_ALPHA / 255;
  for (const { mask, polygon, classId } of objects.toReversed()) {
    if (mask || !polygon) continue;
    context.beginPath();
    for (const ring of polygon) {
      for (let i = 0; i + 1 < ring.length; i += 2) context[i === 0 ? "moveTo" : "lineTo"](...toScreen(ring[i]!, ring[i + 1]!));
      context.closePath();
    }
    context.fillStyle = colourOf(classId);
    context.fill("evenodd");
  }
  context.globalAlpha = 1;
}

/** Fills the pixels of a sheet that a mask covers; the mask may be of another size. */
function tint(pixels: Uint32Array, width: number, height: number, mask: NonNullable<DetectedObject["mask"]>, colour: string): void {
  const rgb = Number.parseInt(colour.slice(1), 16);
  // ImageData is red, green, blue, alpha in memory: on a little-endian machine the other way round in a number.
  const pixel = ((MASK_ALPHA << 24) | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
  eachPieceAt(mask, width, height, (x, fromY, toY) => {
    for (let y = fromY; y < toY; y += 1) pixels[y * width + x] = pixel;
  });
}
