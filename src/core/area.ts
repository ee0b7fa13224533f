/** Corners of an area, each x, y in shares of the picture, 0 to 1. */
export type Polygon = readonly (readonly [x: number, y: number])[];

/** Whether a point is inside an area, by the even-odd rule: a ray to the right crosses its edges an odd number of times. */
export function isInside(area: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = area.length - 1; i < area.length; j = i, i += 1) {
    const [[ax, ay], [bx, by]] = [area[i]!, area[j]!];
    // The lower edge of the picture belongs to it: a box that is cut off there stands at exactly 1.
    if (ay >= y !== by >= y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
