import { byClass, counts, HIT, IGNORED, match, SIZES, type ClassPicture, type JudgedPicture } from "./match.js";

/** COCO reads the curve at recalls 0, 0.01, ... 1. */
export const RECALL_POINTS = 101;
const RECALL_STEP = 0.01;
/** Where the curve for people is taken, as everywhere in the field. */
export const CURVE_IOU = 0.5;

/** How precise the detections of one class are for each share of its objects that is found, at IoU 0.5. */
export interface ClassCurve {
  readonly classId: number;
  readonly objectCount: number;
  /** At recalls 0, 0.01, ... 1: the best precision there or at any higher recall, 0..1; 0 where that recall is not reached. */
  readonly precision: readonly number[];
  /** At the same recalls: the least score that has to be let through; NaN where it is not reached. */
  readonly score: readonly number[];
  /** The score at which precision and recall are best together (the highest F1), and what they are there. */
  readonly best: { readonly score: number; readonly precision: number; readonly recall: number; readonly f1: number };
}

/** The curves of all classes that have an object, by number. Pure. */
export function curvesOf(pictures: readonly JudgedPicture[]): ClassCurve[] {
  return [...byClass(pictures)].flatMap(([classId, of]) => {
    const objectCount = of.reduce((sum, { truth }) => sum + truth.filter((object) => counts(object, SIZES.all)).length, 0);
    if (objectCount === 0) return [];
    const sequence = sequenceOf(of);
    const verdicts = sequence.inOrder(of.map((picture) => match(picture, SIZES.all, CURVE_IOU)));
    const { precision, at } = precisionsAt(verdicts, objectCount);
    const score = Array.from(at, (i) => (i < 0 ? NaN : (sequence.scores[i] ?? NaN)));
    return [{ classId, objectCount, precision: [...precision], score, best: bestF1(verdicts, sequence.scores, objectCount) }];
  });
}

/** The detections of a class in all pictures as one sequence, best score first, equal scores in the pictures' order. */
export interface Sequence {
  readonly scores: Float64Array;
  /** Brings the verdicts of each picture into this order. */
  inOrder(verdicts: readonly Uint8Array[]): Uint8Array;
}

/** Puts the pictures' detections into one order. */
export function sequenceOf(pictures: readonly ClassPicture[]): Sequence {
  const scores = Float64Array.from(pictures.flatMap(({ found }) => found.map(({ score }) => score)));
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
  return {
    scores: Float64Array.from(order, (i) => scores[i]!),
    inOrder(verdicts) {
      const flat = new Uint8Array(scores.length);
      let at = 0;
      for (const some of verdicts) {
        flat.set(some, at);
        at += some.length;
      }
      return Uint8Array.from(order, (i) => flat[i]!);
    },
  };
}

/**
 * Reads the curve at 101 recalls.
 * verdicts   MISS, HIT or IGNORED, best score first
 * @returns   the best precision at each recall or any higher one, and which detection first reaches that recall (-1 = none)
 */
export function precisionsAt(verdicts: Uint8Array, objectCount: number): { readonly precision: Float64Array; readonly at: Int32Array } {
  const precision = new Float64Array(RECALL_POINTS);
  const at = new Int32Array(RECALL_POINTS).fill(-1);
  let [hits, seen, point] = [0, 0, 0];
  const here = new Float64Array(verdicts.length);
  verdicts.forEach((kind, i) => {
    if (kind !== IGNORED) seen += 1;
    if (kind === HIT) hits += 1;
    here[i] = kind === IGNORED ? 0 : hits / seen;
    for (; kind === HIT && point < RECALL_POINTS && point * RECALL_STEP <= hits / objectCount; point += 1) at[point] = i;
  });
  // From the right, so that the best precision so far is that of any higher recall.
  let best = 0;
  let i = verdicts.length - 1;
  for (point -= 1; point >= 0; point -= 1) {
    for (; i >= at[point]!; i -= 1) best = Math.max(best, here[i]!);
    precision[point] = best;
  }
  return { precision, at };
}

function bestF1(verdicts: Uint8Array, scores: Float64Array, objectCount: number): ClassCurve["best"] {
  let best: ClassCurve["best"] = { score: NaN, precision: 0, recall: 0, f1: 0 };
  let [hits, seen] = [0, 0];
  verdicts.forEach((kind, i) => {
    if (kind === IGNORED) return;
    seen += 1;
    if (kind === HIT) hits += 1;
    const f1 = (2 * hits) / (seen + objectCount);
    if (f1 > best.f1) best = { score: scores[i]!, precision: hits / seen, recall: hits / objectCount, f1 };
  });
  return best;
}
