import { precisionsAt, sequenceOf, type Sequence } from "./curve.js";
import { byClass, counts, HIT, match, SIZES, type ClassPicture, type JudgedPicture, type SizeRange } from "./match.js";

/** COCO's ten thresholds, 0.50 to 0.95, to the bit as numpy's linspace makes them. */
const FIRST_IOU = 0.5;
const LAST_IOU = 0.95;
const IOU_COUNT = 10;
const IOU_STEP = (LAST_IOU - FIRST_IOU) / (IOU_COUNT - 1);
const IOUS = Array.from({ length: IOU_COUNT }, (_, i) => (i === IOU_COUNT - 1 ? LAST_IOU : FIRST_IOU + i * IOU_STEP));
const AT_50 = 0;
const AT_75 = 5;

/** COCO's twelve figures, 0..1; NaN where there is nothing to be found. AP: average precision. AR: most of the objects that are found. */
export interface Figures {
  /** Mean over IoU 0.50, 0.55, ... 0.95, as all others that name no IoU. */
  readonly ap50to95: number;
  readonly ap50: number;
  readonly ap75: number;
  /** Of objects up to 32 x 32 px, from there up to 96 x 96 px, and from there on. */
  readonly apSmall: number;
  readonly apMedium: number;
  readonly apLarge: number;
  /** With the best 1, 10 and 100 detections of a class in a picture. */
  readonly ar1: number;
  readonly ar10: number;
  readonly ar100: number;
  /** With 100, by size. */
  readonly arSmall: number;
  readonly arMedium: number;
  readonly arLarge: number;
}

/** How well one class is found. */
export interface ClassAccuracy extends Figures {
  readonly classId: number;
  /** Objects that were to be found, over all pictures, without the ignored. */
  readonly objectCount: number;
}

/** How well everything is found. */
export interface Accuracy {
  /** Means over the classes that have such an object; NaN when none has. */
  readonly mean: Figures;
  /** Only classes that have an object to be found, by number. */
  readonly classes: readonly ClassAccuracy[];
}

/**
 * COCO's figures of detections against ground truth.
 * pictures  all of them, also those with nothing in them; never changed. Equal scores rank in their order: COCO's is by image id
 * Pure. Source: pycocotools 2.0.11 (COCOeval, bbox), with which it agrees to rounding.
 */
export function accuracyOf(pictures: readonly JudgedPicture[]): Accuracy {
  const classes = [...byClass(pictures)].map(([classId, of]) => classAccuracy(classId, of)).filter(({ objectCount }) => objectCount > 0);
  const names = Object.keys(NOTHING) as (keyof Figures)[];
  const means = names.map((name) => [name, mean(classes.map((one) => one[name]).filter((value) => !Number.isNaN(value)))] as const);
  return { mean: Object.fromEntries(means) as unknown as Figures, classes };
}

const NOTHING: Figures = { ap50to95: NaN, ap50: NaN, ap75: NaN, apSmall: NaN, apMedium: NaN, apLarge: NaN, ar1: NaN, ar10: NaN, ar100: NaN, arSmall: NaN, arMedium: NaN, arLarge: NaN };

function classAccuracy(classId: number, pictures: readonly ClassPicture[]): ClassAccuracy {
  const sequence = sequenceOf(pictures);
  const all = ofSize(pictures, sequence, SIZES.all);
  const [small, medium, large] = [SIZES.small, SIZES.medium, SIZES.large].map((size) => ofSize(pictures, sequence, size)) as [OfSize, OfSize, OfSize];
  return {
    classId,
    objectCount: all.objectCount,
    ap50to95: mean(all.precision),
    ap50: all.precision[AT_50] ?? NaN,
    ap75: all.precision[AT_75] ?? NaN,
    apSmall: mean(small.precision),
    apMedium: mean(medium.precision),
    apLarge: mean(large.precision),
    ar1: all.recall(1),
    ar10: all.recall(10),
    ar100: all.recall(100),
    arSmall: small.recall(100),
    arMedium: medium.recall(100),
    arLarge: large.recall(100),
  };
}

interface OfSize {
  readonly objectCount: number;
  /** Average precision at each of the thresholds; empty when there is nothing to be found. */
  readonly precision: readonly number[];
  /** Share that the best so many detections of each picture find, mean over the thresholds. */
  recall(most: number): number;
}

function ofSize(pictures: readonly ClassPicture[], sequence: Sequence, size: SizeRange): OfSize {
  const objectCount = pictures.reduce((sum, { truth }) => sum + truth.filter((object) => counts(object, size)).length, 0);
  if (objectCount === 0) return { objectCount, precision: [], recall: () => NaN };
  const verdicts = IOUS.map((iou) => pictures.map((picture) => match(picture, size, iou)));
  const precision = verdicts.map((of) => averagePrecision(sequence.inOrder(of), objectCount));
  const recall = (most: number): number =>
    mean(verdicts.map((of) => of.reduce((sum, kinds) => sum + kinds.subarray(0, most).filter((kind) => kind === HIT).length, 0) / objectCount));
  return { objectCount, precision, recall };
}

/**
 * Area under the precision-recall curve, read at 101 recalls; each reading is the best precision at that recall or any
 * higher one.
 * verdicts     MISS, HIT or IGNORED, best score first
 * objectCount  at least 1
 */
export function averagePrecision(verdicts: Uint8Array, objectCount: number): number {
  return mean([...precisionsAt(verdicts, objectCount).precision]);
}

/** NaN of nothing. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
