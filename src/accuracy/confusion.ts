import type { FoundObject, JudgedPicture, TrueObject } from "./match.js";
import { overlap } from "./overlap.js";

/** Which detections count, and which pairs. */
export interface ConfusionLimits {
  /** Least score of a detection, 0..1. */
  readonly scoreLeast: number;
  /** The overlap that a pair needs, 0..1. */
  readonly iouLeast: number;
}

/** As Ultralytics draws it: what a person would see, not every faint guess. */
export const CONFUSION_LIMITS: ConfusionLimits = { scoreLeast: 0.25, iouLeast: 0.45 };

/** What was taken for what. */
export interface Confusion extends ConfusionLimits {
  /** Classes that are there or were found, by number: the rows and columns. */
  readonly classIds: readonly number[];
  /**
   * counts[true][found], each one longer than `classIds`: the last row is of detections where nothing is, the last column of
   * objects that were not found.
   */
  readonly counts: readonly (readonly number[])[];
}

interface Pair {
  readonly object: TrueObject;
  readonly candidate: FoundObject;
  readonly share: number;
}

/**
 * Pairs objects with detections whatever their classes, those that overlap most first, each once, and counts the classes.
 * A detection without a partner that lies in an ignored region (of any class) counts for nothing. Pure.
 */
export function confusionOf(pictures: readonly JudgedPicture[], limits: ConfusionLimits = CONFUSION_LIMITS): Confusion {
  const tally = new Map<number, Map<number, number>>();
  const seen = new Set<number>();
  const count = (trueClass: number, foundClass: number): void => {
    for (const one of [trueClass, foundClass]) if (one !== NOTHING) seen.add(one);
    const row = tally.get(trueClass) ?? new Map<number, number>();
    tally.set(trueClass, row.set(foundClass, (row.get(foundClass) ?? 0) + 1));
  };
  for (const picture of pictures) tallyPicture(picture, limits, count);
  const classIds = [...seen].sort((a, b) => a - b);
  const lines = [...classIds, NOTHING];
  return { ...limits, classIds, counts: lines.map((of) => lines.map((as) => tally.get(of)?.get(as) ?? 0)) };
}

const NOTHING = -1;

function tallyPicture({ truth, found }: JudgedPicture, { scoreLeast, iouLeast }: ConfusionLimits, count: (trueClass: number, foundClass: number) => void): void {
  const objects = truth.filter(({ ignore }) => !ignore);
  const regions = truth.filter(({ ignore }) => ignore);
  const candidates = found.filter(({ score }) => score >= scoreLeast);
  const pairs = objects.flatMap((object) =>
    candidates.map((candidate): Pair => ({ object, candidate, share: overlap(candidate.box, object.box, false) })).filter(({ share }) => share >= iouLeast),
  );
  const paired = new Set<object>();
  for (const { object, candidate } of pairs.sort(surestFirst)) {
    if (paired.has(object) || paired.has(candidate)) continue;
    paired.add(object).add(candidate);
    count(object.classId, candidate.classId);
  }
  for (const object of objects) if (!paired.has(object)) count(object.classId, NOTHING);
  for (const candidate of candidates) {
    const isInRegion = regions.some(({ box }) => overlap(candidate.box, box, true) >= iouLeast);
    if (!paired.has(candidate) && !isInRegion) count(NOTHING, candidate.classId);
  }
}

/** Of two that overlap as much, the one of the right class: two classes are often reported of one box. */
function surestFirst(a: Pair, b: Pair): number {
  const isRight = ({ object, candidate }: Pair): number => Number(object.classId === candidate.classId);
  return b.share - a.share || isRight(b) - isRight(a) || b.candidate.score - a.candidate.score;
}
