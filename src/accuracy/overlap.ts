/** Intersection over union of two boxes x1, y1, x2, y2, 0..1; with a region as `truth`, intersection over the found
 *  box, since a region may hold many objects. Source: pycocotools 2.0.11, `maskUtils.iou` and its `iscrowd`. */
export function overlap(found: readonly number[], truth: readonly number[], region: boolean): number {
  const [left = 0, top = 0, right = 0, bottom = 0] = found;
  const [trueLeft = 0, trueTop = 0, trueRight = 0, trueBottom = 0] = truth;
  const wide = Math.min(right, trueRight) - Math.max(left, trueLeft);
  const high = Math.min(bottom, trueBottom) - Math.max(top, trueTop);
  if (wide <= 0 || high <= 0) return 0;
  const common = wide * high;
  const area = (right - left) * (bottom - top);
  return common / (region ? area : area + (trueRight - trueLeft) * (trueBottom - trueTop) - common);
}
