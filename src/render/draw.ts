import { colourOf, INK } from "../core/class-colours.js";
import { yuvOf, type Yuv } from "../picture/index.js";
import type { FrameRecord } from "../wire/index.js";
import type { Clip } from "./clip.js";
import { letters, type Letters } from "./letters.js";
import { even, fillRect, stencil, strokeLine, strokeRect, type Canvas, type Stencil } from "./painter.js";

/** What is drawn. */
export interface Look {
  readonly labels: boolean;
  /** Objects below are left out, 0 to 1. */
  readonly minScore: number;
}

/** Draws records on frames of one size. */
export interface Artist {
  /** Returns how many objects were drawn. */
  draw(canvas: Canvas, record: FrameRecord): Promise<number>;
}

type DetectedObject = FrameRecord["objects"][number];

/** A line is a 360th of the picture's height, letters a 45th. */
const LINES_A_HEIGHT = 360;
const LETTERS_A_HEIGHT = 45;
const [SMALLEST_FONT_PX, LARGEST_FONT_PX] = [10, 40];
const SMALLEST_LINE_PX = 2;
const PADDING_PX = 4;

/** Makes it for the pictures of a clip, of which the canvas may have a column or row more. */
export function artist({ widthPx, heightPx, colours }: Pick<Clip, "widthPx" | "heightPx" | "colours">, look: Look): Artist {
  const linePx = Math.max(SMALLEST_LINE_PX, even(heightPx / LINES_A_HEIGHT));
  const font = letters(Math.max(SMALLEST_FONT_PX, Math.min(LARGEST_FONT_PX, Math.round(heightPx / LETTERS_A_HEIGHT))));
  const ink = yuvOf(INK, colours);
  const known = new Map<string, Yuv>();
  const colourFor = (classId: number): Yuv => {
    const rgb = colourOf(classId);
    const yuv = known.get(rgb) ?? yuvOf(rgb, colours);
    known.set(rgb, yuv);
    return yuv;
  };
  return {
    async draw(canvas, { objects, widthPx: fromWidth, heightPx: fromHeight }) {
      // A clip may change its size on the way; FFmpeg brings all frames to the first one's.
      const [scaleX, scaleY] = [widthPx / fromWidth, heightPx / fromHeight];
      // The best score last, so that it lies on top.
      const drawn = objects.filter(({ score }) => score >= look.minScore).reverse();
      for (const object of drawn) drawBox(canvas, object, [scaleX, scaleY], linePx, colourFor(object.classId));
      if (!look.labels) return drawn.length;
      for (const object of drawn) {
        const pieces = await Promise.all(piecesOf(object).map(async (piece) => await font.of(piece)));
        drawLabel(canvas, { left: even(object.box[0] * scaleX), top: even(object.box[1] * scaleY) }, pieces, font, colourFor(object.classId), ink);
      }
      return drawn.length;
    },
  };
}

function drawBox(canvas: Canvas, { box: [x1, y1, x2, y2], corners }: DetectedObject, [scaleX, scaleY]: readonly [number, number], linePx: number, colour: Yuv): void {
  if (!corners) return strokeRect(canvas, even(x1 * scaleX), even(y1 * scaleY), even(x2 * scaleX), even(y2 * scaleY), linePx, colour);
  const points = corners.map(([x, y]) => [x * scaleX, y * scaleY] as const);
  for (const [i, point] of points.entries()) strokeLine(canvas, point, points[(i + 1) % points.length]!, linePx, colour);
}

/** Scores differ from frame to frame, names and digits don't: a stencil is made for each of those. */
function piecesOf({ label, trackId, score }: DetectedObject): string[] {
  return [label, ...(trackId === undefined ? [] : ["#", ...String(trackId)]), "", ...score.toFixed(2)];
}

/** Above its box, or within where there is no room; moved left where it would leave the picture. */
function drawLabel(canvas: Canvas, at: { readonly left: number; readonly top: number }, pieces: readonly Stencil[], { linePx }: Letters, colour: Yuv, ink: Yuv): void {
  const gapPx = Math.max(1, Math.round(linePx / 14));
  const width = even(pieces.reduce((sum, { widthPx }) => sum + widthPx + gapPx, 0) + 2 * PADDING_PX + 1);
  const left = Math.max(0, Math.min(at.left, even(canvas.widthPx - width - 1)));
  const top = at.top >= linePx ? at.top - linePx : at.top;
  fillRect(canvas, left, top, left + width, top + linePx, colour);
  let x = left + PADDING_PX;
  for (const piece of pieces) {
    stencil(canvas, x, top, piece, ink);
    x += piece.widthPx + gapPx;
  }
}
