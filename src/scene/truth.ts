import type { Bounds, Point2 } from "./camera.js";

/** The classes of the built-in model, in the order of its labels. */
export const CLASS_NAMES = ["person", "bicycle", "car", "bus"] as const;
export type ClassId = 0 | 1 | 2 | 3;
export const PERSON: ClassId = 0;
export const BICYCLE: ClassId = 1;
export const CAR: ClassId = 2;
export const BUS: ClassId = 3;

/** One object of a frame as it truly is. */
export interface TrueObject {
  readonly classId: ClassId;
  /** x1, y1, x2, y2 in px of the frame: the visible part, clipped to the picture. */
  readonly box: readonly [number, number, number, number];
  /** The same for the same object in all frames of a scene; 1 or more. */
  readonly trackId: number;
  /** Visible share of what would show if nothing stood before it, 0..1. */
  readonly visible: number;
  /** Share of the whole object's box that lies in the picture, 0..1. */
  readonly inFrame: number;
  /** Too little of it can be seen to ask for: neither a hit nor a miss. */
  readonly ignore: boolean;
}

/** What a shape belongs to while it is drawn. Slot 0 is everything that only hides: trees, lamps, bins. */
export interface Mark {
  /** 0, or a number of its own within the frame, below 65536. */
  readonly slot: number;
  readonly classId: ClassId;
  readonly trackId: number;
  /** Half faded away at the edge of sight: drawn, but never asked for. */
  readonly fading: boolean;
  /** Its exact extent in the picture's plane, not clipped. */
  readonly extent: Bounds;
  /** Whole pixels it covers in the picture, hidden ones too: their count and their bounds. */
  fullPx: number;
  readonly fullBounds: Bounds;
}

/** Who owns each pixel. Drawn far to near, so that the last one to fill a pixel is the one that is seen. */
export interface TruthBuffer {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly owner: Uint16Array;
  /** The last object that counted the pixel as its own, hidden later or not. */
  readonly counted: Uint16Array;
}

/** A buffer for pictures of one size. Reuse it from frame to frame with `clearTruth`. */
export function createTruth(widthPx: number, heightPx: number): TruthBuffer {
  const sizePx = widthPx * heightPx;
  return { widthPx, heightPx, owner: new Uint16Array(sizePx), counted: new Uint16Array(sizePx) };
}

/** Empties the buffer for the next frame. */
export function clearTruth(truth: TruthBuffer): void {
  truth.owner.fill(0);
  truth.counted.fill(0);
}

const nowhere = (): Bounds => [Infinity, Infinity, -Infinity, -Infinity];

/** A new object to draw. */
export function createMark(slot: number, classId: ClassId, trackId: number, fading: boolean): Mark {
  return { slot, classId, trackId, fading, extent: nowhere(), fullPx: 0, fullBounds: nowhere() };
}

/** Widens an object's exact extent. */
export function extend(mark: Mark, left: number, top: number, right: number, bottom: number): void {
  const extent = mark.extent;
  if (left < extent[0]) extent[0] = left;
  if (top < extent[1]) extent[1] = top;
  if (right > extent[2]) extent[2] = right;
  if (bottom > extent[3]) extent[3] = bottom;
}

/** Fills a polygon (even-odd, pixel centres) into the buffer for an object. */
export function fillPolygon(truth: TruthBuffer, points: readonly Point2[], mark: Mark): void {
  let top = Infinity;
  let bottom = -Infinity;
  for (const [, y] of points) {
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  const last = Math.min(truth.heightPx - 1, Math.floor(bottom - 0.5));
  for (let y = Math.max(0, Math.ceil(top - 0.5)); y <= last; y++) {
    const count = findCrossings(points, y + 0.5);
    for (let i = 0; i + 1 < count; i += 2) fillSpan(truth, y, crossings[i] as number, crossings[i + 1] as number, mark);
  }
}

/** Where the last row's edges lay: one array for all, as rows come by the ten thousand in a frame. */
const crossings: number[] = [];

/** Finds where a polygon's edges cross a row, left to right, into `crossings`. Returns how many there are. */
function findCrossings(points: readonly Point2[], y: number): number {
  let count = 0;
  let [beforeX, beforeY] = points[points.length - 1] as Point2;
  for (const [x, pointY] of points) {
    if (pointY <= y !== beforeY <= y) {
      const crossing = x + ((y - pointY) / (beforeY - pointY)) * (beforeX - x);
      let at = count++;
      for (; at > 0 && (crossings[at - 1] as number) > crossing; at--) crossings[at] = crossings[at - 1] as number;
      crossings[at] = crossing;
    }
    beforeX = x;
    beforeY = pointY;
  }
  return count;
}

/** Fills an ellipse (pixel centres) into the buffer for an object. */
export function fillEllipse(truth: TruthBuffer, cx: number, cy: number, rx: number, ry: number, mark: Mark): void {
  extend(mark, cx - rx, cy - ry, cx + rx, cy + ry);
  const last = Math.min(truth.heightPx - 1, Math.floor(cy + ry - 0.5));
  for (let y = Math.max(0, Math.ceil(cy - ry - 0.5)); y <= last; y++) {
    const half = rx * Math.sqrt(Math.max(0, 1 - ((y + 0.5 - cy) / ry) ** 2));
    fillSpan(truth, y, cx - half, cx + half, mark);
  }
}

/** Fills the pixels of a row whose centres lie between two places. */
function fillSpan(truth: TruthBuffer, y: number, left: number, right: number, mark: Mark): void {
  const { owner, counted } = truth;
  const { slot } = mark;
  const row = y * truth.widthPx;
  const last = row + Math.min(truth.widthPx - 1, Math.floor(right - 0.5));
  for (let at = row + Math.max(0, Math.ceil(left - 0.5)); at <= last; at++) {
    if (owner[at] === slot) continue;
    owner[at] = slot;
    if (slot === 0 || counted[at] === slot) continue;
    counted[at] = slot;
    mark.fullPx++;
    widen(mark.fullBounds, at - row, y);
  }
}

function widen(bounds: Bounds, x: number, y: number): void {
  if (x < bounds[0]) bounds[0] = x;
  if (y < bounds[1]) bounds[1] = y;
  if (x > bounds[2]) bounds[2] = x;
  if (y > bounds[3]) bounds[3] = y;
}

/** Below these an object is not asked for: too much hidden, too far outside, or too small to tell what it is. */
const LEAST_VISIBLE = 0.25;
const LEAST_IN_FRAME = 0.15;
const LEAST_AREA_PX = 100;
const LEAST_HEIGHT_PX = 9;
const LEAST_WIDTH_PX = 4;

/** What shows of an object. */
interface Visible {
  countPx: number;
  readonly bounds: Bounds;
}

/** Reads the finished buffer: the objects of which at least one pixel shows, in the order they are given. */
export function measure(truth: TruthBuffer, marks: readonly Mark[]): TrueObject[] {
  const seen: (Visible | undefined)[] = [];
  for (const mark of marks) seen[mark.slot] = { countPx: 0, bounds: nowhere() };
  for (let y = 0, at = 0; y < truth.heightPx; y++) {
    for (let x = 0; x < truth.widthPx; x++, at++) {
      const slot = truth.owner[at] as number;
      if (slot === 0) continue;
      const visible = seen[slot] as Visible;
      visible.countPx++;
      widen(visible.bounds, x, y);
    }
  }
  const objects: TrueObject[] = [];
  for (const mark of marks) {
    const visible = seen[mark.slot] as Visible;
    if (visible.countPx > 0) objects.push(describe(truth, mark, visible.countPx, visible.bounds));
  }
  return objects;
}

function describe(truth: TruthBuffer, mark: Mark, visiblePx: number, pixels: Bounds): TrueObject {
  const { extent } = mark;
  const box = [
    edge(truth, mark, pixels, 0),
    edge(truth, mark, pixels, 1),
    edge(truth, mark, pixels, 2),
    edge(truth, mark, pixels, 3),
  ] as const;
  const visible = visiblePx / mark.fullPx;
  const insideWidth = Math.min(truth.widthPx, extent[2]) - Math.max(0, extent[0]);
  const insideHeight = Math.min(truth.heightPx, extent[3]) - Math.max(0, extent[1]);
  const inFrame = (insideWidth * insideHeight) / ((extent[2] - extent[0]) * (extent[3] - extent[1]));
  const width = box[2] - box[0];
  const height = box[3] - box[1];
  const small = width * height < LEAST_AREA_PX || height < LEAST_HEIGHT_PX || width < LEAST_WIDTH_PX;
  const ignore = mark.fading || small || visible < LEAST_VISIBLE || inFrame < LEAST_IN_FRAME;
  return { classId: mark.classId, box, trackId: mark.trackId, visible, inFrame, ignore };
}

/** The farthest an exact edge may lie from the pixels it belongs to, px. */
const EDGE_SLACK_PX = 1.5;

/** One side of a box: exact where the side is free, the edge of the last visible pixel where something hides it. */
function edge(truth: TruthBuffer, mark: Mark, pixels: Bounds, side: 0 | 1 | 2 | 3): number {
  const pixelEdge = pixels[side] + (side < 2 ? 0 : 1);
  if (pixels[side] !== mark.fullBounds[side]) return pixelEdge;
  const exact = mark.extent[side];
  const size = side % 2 === 0 ? truth.widthPx : truth.heightPx;
  return Math.min(size, Math.max(0, Math.abs(exact - pixelEdge) < EDGE_SLACK_PX ? exact : pixelEdge));
}
