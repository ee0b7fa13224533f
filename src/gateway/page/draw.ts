import type { FrameRecord } from "../../record/index.js";
import type { Pair } from "./pairing.js";

/** Ten hues that stay apart on dark streets; a class keeps its own by its number. */
const CLASS_COLOURS = [
  "#57d6b4", "#f0b95a", "#6cb2ff", "#f27fb2", "#b9e35f", "#c79bff", "#ff9466", "#62dbe8", "#f2dd62", "#9aa8ff",
] as const;

/** The colour of a class. */
export const colourOf = (classId: number): string => CLASS_COLOURS[classId % CLASS_COLOURS.length]!;

const LINE_PX = 2;
const LABEL_FONT_PX = 12;
const LABEL_HEIGHT_PX = 17;
const LABEL_PADDING_PX = 5;

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
  const perSourcePx = canvas.clientWidth / record.widthPx;
  for (const object of record.objects.toReversed()) drawObject(context, object, perSourcePx, canvas.clientWidth);
}

function drawObject(
  context: CanvasRenderingContext2D,
  { classId, label, score, box: [x1, y1, x2, y2] }: FrameRecord["objects"][number],
  scale: number,
  rightEdgePx: number,
): void {
  const colour = colourOf(classId);
  // Whole pixels keep the lines crisp.
  const [left, top, right, bottom] = [x1, y1, x2, y2].map((edge) => Math.round(edge * scale)) as [number, number, number, number];
  context.lineWidth = LINE_PX;
  context.strokeStyle = colour;
  context.strokeRect(left, top, right - left, bottom - top);
  const text = `${label} ${score.toFixed(2)}`;
  context.font = `600 ${LABEL_FONT_PX}px system-ui, sans-serif`;
  const textWidth = context.measureText(text).width + 2 * LABEL_PADDING_PX;
  // Above the box; inside it at the upper edge; never beyond the right edge.
  const labelTop = top >= LABEL_HEIGHT_PX ? top - LABEL_HEIGHT_PX : top;
  const labelLeft = Math.max(0, Math.min(left - LINE_PX / 2, rightEdgePx - textWidth));
  context.fillStyle = colour;
  context.fillRect(labelLeft, labelTop, textWidth, LABEL_HEIGHT_PX);
  context.fillStyle = "#0b0f13";
  context.textBaseline = "middle";
  context.fillText(text, labelLeft + LABEL_PADDING_PX, labelTop + LABEL_HEIGHT_PX / 2 + 1);
}
