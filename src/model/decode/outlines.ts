import { eachStretch } from "../../core/mask.js";

/** East, south, west, north as steps on the corners between pixels. */
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;
const NORTH = 3;
/** From a corner, the pixel ahead on the left and on the right, by direction. */
const LEFT_PIXEL = [[0, -1], [0, 0], [-1, 0], [-1, -1]] as const;
const RIGHT_PIXEL = [[0, 0], [-1, 0], [-1, -1], [0, -1]] as const;

/** A mask's pixels in the box around them, with a border of nothing. */
interface Grid {
  readonly cells: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly left: number;
  readonly top: number;
}

/**
 * The outlines of a mask: a ring for each of its parts (pixels that touch at a corner belong together), the largest first,
 * holes left out. A ring goes through the middles of the edges between mask and no mask, clockwise as the picture is seen,
 * so that slanted borders are straight lines; points on a straight line are left out.
 * runs   all of the picture's runs, column by column
 * @returns x, y, x, y, ... in source px
 */
export function outlinesOf(runs: Uint32Array, sourceHeightPx: number): Float32Array[] {
  const grid = gridOf(runs, sourceHeightPx);
  if (grid === undefined) return [];
  const { cells, widthPx, heightPx } = grid;
  const seen = new Uint8Array(cells.length);
  const rings: { points: Float32Array; area: number }[] = [];
  for (let y = 1; y < heightPx - 1; y += 1) {
    for (let x = 1; x < widthPx - 1; x += 1) {
      const at = y * widthPx + x;
      if (cells[at] === 0 || cells[at - 1] === 1 || seen[at] === 1) continue;
      const ring = follow(grid, x, y, seen);
      const area = signedArea(ring);
      if (area > 0) rings.push({ points: straightened(ring, grid), area });
    }
  }
  return rings.sort((a, b) => b.area - a.area).map(({ points }) => points);
}

function gridOf(runs: Uint32Array, sourceHeightPx: number): Grid | undefined {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, 0];
  eachStretch(runs, sourceHeightPx, (x, fromY, toY) => {
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, fromY), Math.max(bottom, toY)];
  });
  if (right < 0) return undefined;
  const [widthPx, heightPx] = [right - left + 3, bottom - top + 2];
  const cells = new Uint8Array(widthPx * heightPx);
  eachStretch(runs, sourceHeightPx, (x, fromY, toY) => {
    for (let y = fromY; y < toY; y += 1) cells[(y - top + 1) * widthPx + (x - left + 1)] = 1;
  });
  return { cells, widthPx, heightPx, left: left - 1, top: top - 1 };
}

/** Goes once around, mask on the right hand, from the left edge of a pixel upwards; gives the middles of the edges. */
function follow({ cells, widthPx }: Grid, startX: number, startY: number, seen: Uint8Array): number[] {
  const ring: number[] = [];
  let [x, y, way] = [startX, startY + 1, NORTH];
  do {
    ring.push(x + STEP_X[way]! / 2, y + STEP_Y[way]! / 2);
    x += STEP_X[way]!;
    y += STEP_Y[way]!;
    if (way === NORTH) seen[y * widthPx + x] = 1;
    const isSet = ([dx, dy]: readonly [number, number]): boolean => cells[(y + dy) * widthPx + x + dx] === 1;
    if (isSet(LEFT_PIXEL[way]!)) way = (way + 3) % 4;
    else if (!isSet(RIGHT_PIXEL[way]!)) way = (way + 1) % 4;
  } while (x !== startX || y !== startY + 1 || way !== NORTH);
  return ring;
}

/** Above 0 for a ring with its inside on the right hand, y pointing down. */
function signedArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return twice / 2;
}

/** Without the points between two of the same direction, in the picture's pixels. */
function straightened(ring: readonly number[], { left, top }: Grid): Float32Array {
  const kept: number[] = [];
  const count = ring.length;
  for (let i = 0; i < count; i += 2) {
    const [before, after] = [(i + count - 2) % count, (i + 2) % count];
    const [ax, ay] = [ring[i]! - ring[before]!, ring[i + 1]! - ring[before + 1]!];
    const [bx, by] = [ring[after]! - ring[i]!, ring[after + 1]! - ring[i + 1]!];
    if (ax * by - ay * bx !== 0) kept.push(ring[i]! + left, ring[i + 1]! + top);
  }
  return Float32Array.from(kept);
}
