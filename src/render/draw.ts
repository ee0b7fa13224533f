import { colourOf, INK } from "../core/class-colours.js";
import { yuvOf, type Yuv } from "../picture/index.js";
import type { FrameRecord } from "../wire/index.js";
import type { Clip } from "./clip.js";
import { letters, type Letters } from "./letters.js";
import { even, fillRect, stencil, type Canvas, type Stencil } from "./painter.js";
import { drawInside, drawLines, type Scale } from "./shapes.js";

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
      const scale = [widthPx / fromWidth, heightPx / fromHeight] as const;
      // The best score last, so that it lies on top.
      const drawn = objects.filter(({ score }) => score >= look.minScore).reverse();
      for (const object of drawn) drawInside(canvas, object, scale, { linePx, colour: colourFor(object.classId) });
      for (const object of drawn) drawLines(canvas, object, scale, { linePx, colour: colourFor(object.classId) });
      if (!look.labels) return drawn.length;
      for (const object of drawn) {
        // A classifier's best classes, one under the other; of all others their own name at their box.
        for (const [i, named] of (object.classes ?? [object]).entries()) {
          const pieces = await Promise.all(piecesOf(named).map(async (piece) => await font.of(piece)));
          const at = object.classes ? { left: 0, top: i * font.linePx } : overBox(object, scale, font.linePx);
          drawLabel(canvas, at, pieces, font, colourFor(named.classId), ink);
        }
      }
      return drawn.length;
    },
  };
}

/** Scores differ from frame to frame, names and digits don't: a stencil is made for each of those. */
function piecesOf({ label, trackId, score }: Pick<DetectedObject, "label" | "trackId" | "score">): string[] {
  return [label, ...(trackId === undefined ? [] : ["#", ...String(trackId)]), "", ...score.toFixed(2)];
}

/** Above its box, or within where there is no room. */
function overBox({ box: [x1, y1] }: DetectedObject, [across, down]: Scale, linePx: number): { readonly left: number; readonly top: number } {
  const [left, top] = [even(x1 * across), even(y1 * down)];
  return { left, top: top >= linePx ? top - linePx : top };
}

/** Moved left where it would leave the picture. */
function drawLabel(canvas: Canvas, at: { readonly left: number; readonly top: number }, pieces: readonly Stencil[], { linePx }: Letters, colour: Yuv, ink: Yuv): void {
  const gapPx = Math.max(1, Math.round(linePx / 14));
  const width = even(pieces.reduce((sum, { widthPx }) => sum + widthPx + gapPx, 0) + 2 * PADDING_PX + 1);
  const left = Math.max(0, Math.min(at.left, even(canvas.widthPx - width - 1)));
  fillRect(canvas, left, at.top, left + width, at.top + linePx, colour);
  let x = left + PADDING_PX;
  for (const piece of pieces) {
    stencil(canvas, x, at.top, piece, ink);
    x += piece.widthPx + gapPx;
  }
}
