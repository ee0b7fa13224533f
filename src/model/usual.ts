/** Classes of COCO, which a model without names most often knows. */
export const COCO_CLASSES = 80;
/** Classes of DOTA, on which models of turned boxes are trained. */
export const DOTA_CLASSES = 15;
/** COCO's points of a person, and the numbers of each: x, y, score. */
export const PERSON_POINTS = [17, 3] as const;

/** End-to-end heads give a few hundred finished boxes, never as many rows as a grid has cells. */
export const END_TO_END_ROWS = 1000;

/**
 * The points of a pose whose shape nobody named: a person's, where they leave room for the classes.
 * rest   values of an anchor beside its box
 */
export function usualKeypoints(task: string | null, rest: number, nameCount: number | null): readonly [number, number] | null {
  const [points, values] = PERSON_POINTS;
  const fits = nameCount === null ? rest === 1 + points * values : rest === nameCount + points * values;
  return (task === null || task === "pose") && fits ? PERSON_POINTS : null;
}
