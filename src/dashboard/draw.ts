import type { FrameRecord } from "../wire/index.js";
import { drawCorners, drawKeypoints, drawMasks, drawOutlines, drawTrail, type ToScreen } from "./draw-shapes.js";
import { placeLabels, type LabelledBox } from "./labels.js";
import { colourOf, INK } from "../core/class-colours.js";
import type { ShownPair } from "./stream-model.js";
import type { Trails } from "./trails.js";
import { place, type Look, type Placement } from "./viewport.js";

/** What is drawn over a picture. */
export const LAYERS = ["boxes", "labels", "tracks", "masks", "keypoints"] as const;
/** Which of LAYERS are switched on. */
export type Layers = Readonly<Record<(typeof LAYERS)[number], boolean>>;

/** How to draw. */
export interface DrawOptions {
  readonly look: Look;
  readonly layers: Layers;
  readonly trails: Trails;
}

type DetectedObject = FrameRecord["objects"][number];

const LINE_PX = 2;
const LABEL_PADDING_PX = 4;
/** Letters are a seventieth of the picture's width, and not larger or smaller than these. */
const LARGEST_FONT_PX = 12;
const SMALLEST_FONT_PX = 9;
const LETTERS_A_WIDTH = 70;
/** Height of a label over the height of its letters. */
const LABEL_HEIGHT = 1.4;

/** Fits the canvas to its place on the screen, sharp on dense displays, and draws the picture with its record's objects. */
export function drawPair(canvas: HTMLCanvasElement, pair: ShownPair, options: DrawOptions): void {
  const density = window.devicePixelRatio || 1;
  const stage = { width: canvas.clientWidth, height: canvas.clientHeight };
  const [widthPx, heightPx] = [Math.round(stage.width * density), Math.round(stage.height * density)];
  if (canvas.width !== widthPx || canvas.height !== heightPx) Object.assign(canvas, { width: widthPx, height: heightPx });
  const { bitmap } = pair.picture.image;
  const context = canvas.getContext("2d");
  if (!context || stage.width === 0 || bitmap.width === 0) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, widthPx, heightPx);
  // From here on in CSS pixels: lines and letters have the same size on every display.
  context.scale(density, density);
  paint(context, stage.width, place(stage, bitmap, options.look), pair, options);
}

/** Draws a pair at its own size, for a file. */
export function drawWhole(canvas: HTMLCanvasElement | OffscreenCanvas, pair: ShownPair, options: DrawOptions): void {
  const { width, height } = pair.picture.image.bitmap;
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d") as CanvasRenderingContext2D | null;
  if (context) paint(context, width, { left: 0, top: 0, width, height }, pair, options);
}

function paint(context: CanvasRenderingContext2D, stageWidth: number, at: Placement, { picture, record }: ShownPair, { layers, trails }: DrawOptions): void {
  context.drawImage(picture.image.bitmap, at.left, at.top, at.width, at.height);
  if (!record) return;
  const scale = at.width / record.widthPx;
  const toScreen = (x: number, y: number): [number, number] => [at.left + x * scale, at.top + y * scale];
  const { objects } = record;
  if (layers.masks) {
    drawMasks(context, at, record);
    drawOutlines(context, record, toScreen);
  }
  if (layers.tracks) for (const object of objects) drawTrail(context, object, record.frame, trails, toScreen);
  const letterPx = Math.min(LARGEST_FONT_PX, Math.max(SMALLEST_FONT_PX, stageWidth / LETTERS_A_WIDTH));
  context.font = `600 ${letterPx}px system-ui, sans-serif`;
  const boxed = objects.filter(({ classes }) => classes === undefined);
  const boxes = boxed.map((object) => onScreen(context, object, toScreen, layers.tracks));
  if (layers.boxes) for (const [i, box] of boxes.entries()) drawBox(context, box, boxed[i]!, toScreen);
  if (layers.keypoints) for (const object of objects) drawKeypoints(context, object, toScreen);
  if (!layers.labels) return;
  drawLabels(context, boxes, Math.round(letterPx * LABEL_HEIGHT));
  for (const { classes } of objects) if (classes) drawClasses(context, classes, at, Math.round(letterPx * LABEL_HEIGHT));
}

/** What a classifier says of the whole picture: a line for each of its best classes, in the picture's corner. */
function drawClasses(context: CanvasRenderingContext2D, classes: NonNullable<DetectedObject["classes"]>, { left, top }: Placement, lineHeight: number): void {
  context.textBaseline = "middle";
  for (const [i, { label, score, classId }] of classes.entries()) {
    const text = `${label} ${score.toFixed(2)}`;
    context.fillStyle = colourOf(classId);
    context.fillRect(left, top + i * lineHeight, Math.ceil(context.measureText(text).width) + 2 * LABEL_PADDING_PX, lineHeight);
    context.fillStyle = INK;
    context.fillText(text, left + LABEL_PADDING_PX, top + (i + 0.5) * lineHeight + 0.5);
  }
}

/** An object in CSS pixels of the canvas. */
interface ScreenBox extends LabelledBox {
  readonly text: string;
  readonly colour: string;
}

function onScreen(context: CanvasRenderingContext2D, object: DetectedObject, toScreen: ToScreen, withTrack: boolean): ScreenBox {
  const [x1, y1, x2, y2] = object.box;
  const [[left, top], [right, bottom]] = [toScreen(x1, y1), toScreen(x2, y2)];
  const track = withTrack && object.trackId !== undefined ? ` #${object.trackId}` : "";
  const text = `${object.label}${track} ${object.score.toFixed(2)}`;
  return {
    // Whole pixels keep the lines crisp.
    left: Math.round(left), top: Math.round(top), right: Math.round(right), bottom: Math.round(bottom),
    labelWidth: Math.ceil(context.measureText(text).width) + 2 * LABEL_PADDING_PX,
    text,
    colour: colourOf(object.classId),
  };
}

/** A turned box by its corners, else the upright one. */
function drawBox(context: CanvasRenderingContext2D, { left, top, right, bottom, colour }: ScreenBox, { corners }: DetectedObject, toScreen: ToScreen): void {
  context.lineWidth = LINE_PX;
  context.strokeStyle = colour;
  if (corners) drawCorners(context, corners, toScreen);
  else context.strokeRect(left, top, right - left, bottom - top);
}

/** After all boxes, so that no line crosses a label; the best scores choose their places first. */
function drawLabels(context: CanvasRenderingContext2D, boxes: readonly ScreenBox[], labelHeight: number): void {
  const density = context.getTransform().a;
  const places = placeLabels(boxes, labelHeight, context.canvas.width / density, context.canvas.height / density);
  context.textBaseline = "middle";
  for (const [i, { text, colour, labelWidth }] of boxes.entries()) {
    const spot = places[i];
    if (!spot) continue;
    context.fillStyle = colour;
    context.fillRect(spot.left, spot.top, labelWidth, labelHeight);
    context.fillStyle = INK;
    context.fillText(text, spot.left + LABEL_PADDING_PX, spot.top + labelHeight / 2 + 0.5);
  }
}
