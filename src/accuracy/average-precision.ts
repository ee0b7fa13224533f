import { matchPicture, type JudgedPicture, type Verdict } from "./match.js";

/** COCO's ten thresholds, 0.50 to 0.95, to the bit as numpy's linspace makes them. */
const FIRST_IOU = 0.5;
const LAST_IOU = 0.95;
const IOU_COUNT = 10;
const IOU_STEP = (LAST_IOU - FIRST_IOU) / (IOU_COUNT - 1);
const IOUS = Array.from({ length: IOU_COUNT }, (_, i) => (i === IOU_COUNT - 1 ? LAST_IOU : FIRST_IOU + i * IOU_STEP));
/** COCO reads the curve at recalls 0, 0.01, ... 1. */
const RECALL_POINTS = 101;
const RECALL_STEP = 0.01;

/** How well one class is found. */
export interface ClassAccuracy {
  readonly classId: number;
  /** Objects that were to be found, over all pictures, without the ignored. */
  readonly objectCount: number;
  /** Average precision at IoU 0.5, 0..1. */
  readonly ap50: number;
  /** Average precision, mean over IoU 0.50, 0.55, ... 0.95, 0..1. */
  readonly ap50to95: number;
}

/** How well everything is found: means over the classes that have an object; NaN when none has. */
export interface Accuracy {
  readonly map50: number;
  readonly map50to95: number;
  /** Only classes that have an object to be found, by number. */
  readonly classes: readonly ClassAccuracy[];
}

/** COCO's mean average precision of detections against ground truth.
 *  pictures  all of them, also those with nothing in them; never changed
 *  Pure; takes time in proportion to pictures x classes x 10. Source: pycocotools 2.0.11 (COCOeval, area "all",
 *  100 detections), with which it agrees to rounding. */
export function accuracyOf(pictures: readonly JudgedPicture[]): Accuracy {
  const counts = new Map<number, number>();
  for (const { truth } of pictures) {
    for (const { classId, ignore } of truth) if (!ignore) counts.set(classId, (counts.get(classId) ?? 0) + 1);
  }
  const classes = [...counts].sort(([a], [b]) => a - b).map(([classId, objectCount]) => {
    const precisions = IOUS.map((iou) => averagePrecision(verdictsOn(pictures, classId, iou), objectCount));
    return { classId, objectCount, ap50: precisions[0] ?? 0, ap50to95: mean(precisions) };
  });
  return { map50: mean(classes.map((c) => c.ap50)), map50to95: mean(classes.map((c) => c.ap50to95)), classes };
}

/** All verdicts of a class that count, the surest first; equal scores in the pictures' order. */
function verdictsOn(pictures: readonly JudgedPicture[], classId: number, iou: number): Verdict[] {
  return pictures
    .flatMap((picture) => matchPicture(picture, classId, iou))
    .filter((verdict) => verdict.kind !== "ignored")
    .sort((a, b) => b.score - a.score);
}

/** Area under the precision-recall curve, read at 101 recalls; each reading is the best precision at that recall or any
 *  higher one.
 *  verdicts     best score first, without ignored ones
 *  objectCount  at least 1 */
export function averagePrecision(verdicts: readonly Verdict[], objectCount: number): number {
  let hits = 0;
  const curve = verdicts.map((verdict, index) => {
    if (verdict.kind === "hit") hits += 1;
    return { recall: hits / objectCount, precision: hits / (index + 1) };
  });
  let sum = 0;
  let point = RECALL_POINTS - 1;
  let best = 0;
  // From the right, so that the best precision so far is that of any higher recall.
  for (let i = curve.length - 1; i >= 0; i -= 1) {
    const { recall, precision } = curve[i] ?? { recall: 0, precision: 0 };
    while (point >= 0 && point * RECALL_STEP > recall) {
      sum += best;
      point -= 1;
    }
    best = Math.max(best, precision);
  }
  return (sum + best * (point + 1)) / RECALL_POINTS;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
