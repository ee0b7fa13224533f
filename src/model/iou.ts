/**
 * Intersection over union of two boxes, every step rounded to float32 as the references' tensors round it.
 * Boxes are x1, y1, x2, y2 with their areas; `edgePx` is added to each width and height of the intersection: 0 for
 * boxes as intervals, 1 for the older reading of corners as whole pixels (YOLOX). Areas must be made with `boxArea` and
 * the same `edgePx`.
 */
export function iouOf(
  ax1: number,
  ay1: number,
  ax2: number,
  ay2: number,
  areaA: number,
  bx1: number,
  by1: number,
  bx2: number,
  by2: number,
  areaB: number,
  edgePx: number,
): number {
  const left = ax1 > bx1 ? ax1 : bx1;
  const right = ax2 < bx2 ? ax2 : bx2;
  const width = Math.fround(Math.fround(right - left) + edgePx);
  if (width <= 0) return 0;
  const top = ay1 > by1 ? ay1 : by1;
  const bottom = ay2 < by2 ? ay2 : by2;
  const height = Math.fround(Math.fround(bottom - top) + edgePx);
  if (height <= 0) return 0;
  const both = Math.fround(width * height);
  return Math.fround(both / Math.fround(Math.fround(areaA + areaB) - both));
}

/** Area of a box in float32. */
export function boxArea(x1: number, y1: number, x2: number, y2: number, edgePx: number): number {
  const width = Math.fround(Math.fround(x2 - x1) + edgePx);
  return Math.fround(width * Math.fround(Math.fround(y2 - y1) + edgePx));
}
