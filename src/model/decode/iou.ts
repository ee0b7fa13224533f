/** Values of a measured box: x1, y1, x2, y2 and its area. */
export const MEASURED_VALUES = 5;

/**
 * Adds the area to a box, in float32.
 * box      Float32Array, MEASURED_VALUES long: the corners are read, the area is written
 * edgePx   added to width and height: 0 for boxes as intervals, 1 where corners are read as whole pixels (YOLOX)
 */
export function measure(box: Float32Array, edgePx: number): void {
  const width = Math.fround(Math.fround(box[2]! - box[0]!) + edgePx);
  box[4] = Math.fround(width * Math.fround(Math.fround(box[3]! - box[1]!) + edgePx));
}

/**
 * Intersection over union of the measured box that starts at `at` among `boxes`, and of `box`. Every step is rounded to
 * float32 as the references' tensors round it. `edgePx` must be the one that both were measured with.
 */
export function iouAt(boxes: Float32Array, at: number, box: Float32Array, edgePx: number): number {
  const left = Math.max(boxes[at]!, box[0]!);
  const width = Math.fround(Math.fround(Math.min(boxes[at + 2]!, box[2]!) - left) + edgePx);
  if (width <= 0) return 0;
  const top = Math.max(boxes[at + 1]!, box[1]!);
  const height = Math.fround(Math.fround(Math.min(boxes[at + 3]!, box[3]!) - top) + edgePx);
  if (height <= 0) return 0;
  const both = Math.fround(width * height);
  return Math.fround(both / Math.fround(Math.fround(boxes[at + 4]! + box[4]!) - both));
}
