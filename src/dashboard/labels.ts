/** An object's box on the screen and the width its label's text takes. */
export interface LabelledBox {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly labelWidth: number;
}

/** Upper left corner of a label. */
export interface LabelPlace {
  readonly left: number;
  readonly top: number;
}

/**
 * Finds room for labels of one height, first come first served: above its box, else below, else inside at the upper edge.
 * A label that would cover another one gets no place: a crowd stays readable, and the colour still tells the class.
 * All numbers in CSS pixels. @returns one place for each box, in the same order; undefined = none
 */
export function placeLabels(
  boxes: readonly LabelledBox[],
  labelHeight: number,
  width: number,
  height: number,
): (LabelPlace | undefined)[] {
  const taken: { left: number; top: number; right: number; bottom: number }[] = [];
  const isFree = (left: number, top: number, right: number, bottom: number): boolean =>
    top >= 0 &&
    bottom <= height &&
    taken.every((other) => right <= other.left || left >= other.right || bottom <= other.top || top >= other.bottom);
  return boxes.map((box) => {
    const left = Math.max(0, Math.min(box.left, width - box.labelWidth));
    const right = left + box.labelWidth;
    const tops = [box.top - labelHeight, box.bottom, box.top];
    const top = tops.find((candidate) => isFree(left, candidate, right, candidate + labelHeight));
    if (top === undefined) return undefined;
    taken.push({ left, top, right, bottom: top + labelHeight });
    return { left, top };
  });
}
