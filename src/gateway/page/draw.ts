import type { FrameRecord } from "../../wire/index.js";
import { placeLabels, type LabelledBox } from "./labels.js";
import type { Pair } from "./pairing.js";

/** Ten hues that stay apart on dark streets; a class keeps its own by its number. */
const CLASS_COLOURS = [
  "#57d6b4", "#f0b95a", "#6cb2ff", "#f27fb2", "#b9e35f", "#c79bff", "#ff9466", "#62dbe8", "#f2dd62", "#9aa8ff",
] as const;

/** The colour of a class. */
export const colourOf = (classId: number): string => CLASS_COLOURS[classId % CLASS_COLOURS.length]!;

const LINE_PX = 2;
const LABEL_PADDING_PX = 4;
/** Letters are a seventieth of the picture's width, and not larger or smaller than these. */
const LARGEST_FONT_PX = 12;
const SMALLEST_FONT_PX = 9;
const LETTERS_A_WIDTH = 70;
/** Height of a label over the height of its letters. */
const LABEL_HEIGHT = 1.4;

/** Fits the canvas to its place on the screen, sharp on dense displays, and draws the picture with its record's boxes. */
export function drawPair(canvas: HTMLCanvasElement, { picture, record }: Pair<ImageBitmap>): void {
  const density = window.devicePixelRatio || 1;
  const widthPx = Math.round(canvas.clientWidth * density);
  const heightPx = Math.round(canvas.clientHeight * density);
  if (canvas.width !== widthPx || canvas.height !== heightPx) Object.assign(canvas, { width: widthPx, height: heightPx });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(picture.image, 0, 0, widthPx, heightPx);
  if (!record) return;
  // From here on in CSS pixels: lines and letters have the same size on every display.
  context.scale(density, density);
  const fontPx = Math.min(LARGEST_FONT_PX, Math.max(SMALLEST_FONT_PX, canvas.clientWidth / LETTERS_A_WIDTH));
  context.font = `600 ${fontPx}px system-ui, sans-serif`;
  const boxes = record.objects.map((object) => onScreen(context, object, canvas.clientWidth / record.widthPx));
  for (const box of boxes.toReversed()) drawBox(context, box);
  drawLabels(context, boxes, Math.round(fontPx * LABEL_HEIGHT));
}

/** An object in CSS pixels of the canvas. */
interface ScreenBox extends LabelledBox {
  readonly text: string;
  readonly colour: string;
}

function onScreen(context: CanvasRenderingContext2D, object: FrameRecord["objects"][number], scale: number): ScreenBox {
  const [x1, y1, x2, y2] = object.box;
  const text = `${object.label} ${object.score.toFixed(2)}`;
  return {
    // Whole pixels keep the lines crisp.
    left: Math.round(x1 * scale),
    top: Math.round(y1 * scale),
    right: Math.round(x2 * scale),
    bottom: Math.round(y2 * scale),
    labelWidth: Math.ceil(context.measureText(text).width) + 2 * LABEL_PADDING_PX,
    text,
    colour: colourOf(object.classId),
  };
}

function drawBox(context: CanvasRenderingContext2D, { left, top, right, bottom, colour }: ScreenBox): void {
  context.lineWidth = LINE_PX;
  context.strokeStyle = colour;
  context.strokeRect(left, top, right - left, bottom - top);
}

/** After all boxes, so that no line crosses a label; the best scores choose their places first. */
function drawLabels(context: CanvasRenderingContext2D, boxes: readonly ScreenBox[], labelHeight: number): void {
  const { clientWidth, clientHeight } = context.canvas;
  const places = placeLabels(boxes, labelHeight, clientWidth, clientHeight);
  context.textBaseline = "middle";
  for (const [i, { text, colour, labelWidth }] of boxes.entries()) {
    const place = places[i];
    if (!place) continue;
    context.fillStyle = colour;
    context.fillRect(place.left, place.top, labelWidth, labelHeight);
    context.fillStyle = "#0b0f13";
    context.fillText(text, place.left + LABEL_PADDING_PX, place.top + labelHeight / 2 + 0.5);
  }
}
