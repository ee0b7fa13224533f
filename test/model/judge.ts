import type { DetectionBatch } from "../../src/core/detections.js";
import { areaOf, maskIou, maskOf } from "./coco-mask.js";

/**
 * How near to the authors' own answers ours must be. The one table of tolerances for all references.
 *
 * count and order   the same, but objects whose scores are closer than `tie` may change places
 * boxPx             each side, source px, after clipping the reference's to the picture where it doesn't itself
 * score             of objects, keypoints and classes
 * keypointPx        x and y; cornerPx: each corner of turned boxes, whichever comes first, either way round
 * maskIou           of the masks at source size
 */
export const TOLERANCE = {
  tie: 1e-4,
  boxPx: 0.5,
  score: 1e-3,
  keypointPx: 0.5,
  cornerPx: 0.5,
  maskIou: 0.98,
} as const;

/** One object as its authors' own code found it, in source pixels. */
export interface Expected {
  readonly cls: number;
  readonly conf: number;
  readonly xyxy: readonly number[];
  /** 4 corners, x and y. */
  readonly corners?: readonly number[];
  /** points x 3: x, y, score. */
  readonly keypoints?: readonly number[];
  /** COCO's compressed run lengths at source size. */
  readonly mask?: string;
  /** Where no whole mask is known: its pixels, and points that lie in it. */
  readonly maskArea?: number;
  readonly maskPoints?: readonly (readonly [number, number])[];
}

export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** What is wrong with what was found, in words; empty when it is what the reference says. */
export function judge(found: DetectionBatch, expected: readonly Expected[], picture: PictureSize): string[] {
  if (found.count !== expected.length) return [`${found.count} objects, expected ${expected.length}`];
  const taken = new Set<number>();
  return expected.flatMap((object, i) => {
    const places = placesOf(found, i).filter((j) => !taken.has(j));
    const faults = places.map((j) => ({ j, wrong: compare(found, j, object, picture) }));
    const right = faults.find(({ wrong }) => wrong.length === 0);
    if (right) taken.add(right.j);
    return right ? [] : [`object ${i} (class ${object.cls}, ${object.conf}): ${faults[0]?.wrong.join("; ") ?? "its place is taken"}`];
  });
}

/** Where the object of a rank may be: there, or at another object with the same score. Its own rank comes first. */
function placesOf({ count, scores }: DetectionBatch, rank: number): number[] {
  const others = Array.from({ length: count }, (_, j) => j);
  const tied = others.filter((j) => j !== rank && Math.abs(scores[j]! - scores[rank]!) < TOLERANCE.tie);
  return [rank, ...tied];
}

function compare(found: DetectionBatch, j: number, object: Expected, picture: PictureSize): string[] {
  const faults: string[] = [];
  if (found.classIds[j] !== object.cls) faults.push(`class ${found.classIds[j]}`);
  within("score", [found.scores[j]!], [object.conf], TOLERANCE.score, faults);
  const box = Array.from(found.boxes.subarray(j * 4, j * 4 + 4));
  within("box", box, clipped(object.xyxy, picture), TOLERANCE.boxPx, faults);
  if (object.corners) cornersWithin(found.corners?.subarray(j * 8, j * 8 + 8), object.corners, faults);
  if (object.keypoints) {
    const size = object.keypoints.length;
    keypointsWithin(found.keypoints?.subarray(j * size, j * size + size), object.keypoints, faults);
  }
  maskWithin(found.masks?.[j], object, picture, faults);
  return faults;
}

/** Numbers side by side. Written so that NaN is a fault. */
function within(what: string, found: readonly number[], expected: readonly number[], tolerance: number, faults: string[]): void {
  const near = found.length === expected.length && expected.every((value, k) => Math.abs(value - found[k]!) <= tolerance);
  if (!near) faults.push(`${what} ${show(found)}, expected ${show(expected)}`);
}

function show(numbers: readonly number[]): string {
  return numbers.map((value) => Number(value.toFixed(4))).join(" ");
}

function clipped(xyxy: readonly number[], { widthPx, heightPx }: PictureSize): number[] {
  return xyxy.map((side, k) => Math.min(Math.max(side, 0), k % 2 === 0 ? widthPx : heightPx));
}

function cornersWithin(found: Float32Array | undefined, expected: readonly number[], faults: string[]): void {
  const corners = pairs(Array.from(found ?? []));
  const orders = [corners, corners.toReversed()].flatMap((way) => way.map((_, first) => [...way.slice(first), ...way.slice(0, first)]));
  const near = orders.some((order) => order.flat().every((value, k) => Math.abs(value - expected[k]!) <= TOLERANCE.cornerPx));
  if (corners.length !== 4 || !near) faults.push(`corners ${show(corners.flat())}, expected ${show(expected)}`);
}

function pairs(numbers: readonly number[]): [number, number][] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, i) => [numbers[2 * i]!, numbers[2 * i + 1]!]);
}

function keypointsWithin(found: Float32Array | undefined, expected: readonly number[], faults: string[]): void {
  const every = (wanted: (k: number) => boolean) => (values: readonly number[]) => values.filter((_, k) => wanted(k));
  const [places, scores] = [every((k) => k % 3 !== 2), every((k) => k % 3 === 2)];
  const points = Array.from(found ?? []);
  within("keypoints", places(points), places(expected), TOLERANCE.keypointPx, faults);
  within("keypoint scores", scores(points), scores(expected), TOLERANCE.score, faults);
}

function maskWithin(counts: string | undefined, object: Expected, { widthPx, heightPx }: PictureSize, faults: string[]): void {
  if (object.mask === undefined && object.maskArea === undefined) return;
  if (counts === undefined) return void faults.push("no mask");
  const mask = maskOf(counts, widthPx, heightPx);
  if (object.mask !== undefined) {
    const iou = maskIou(mask, maskOf(object.mask, widthPx, heightPx));
    if (!(iou >= TOLERANCE.maskIou)) faults.push(`mask IoU ${iou.toFixed(4)}`);
  }
  if (object.maskArea !== undefined) {
    const ratio = areaOf(mask) / object.maskArea;
    if (!(Math.min(ratio, 1 / ratio) >= TOLERANCE.maskIou)) faults.push(`mask of ${areaOf(mask)} px, expected ${object.maskArea}`);
  }
  const points = object.maskPoints ?? [];
  const outside = points.filter(([x, y]) => mask[x * heightPx + y] !== 1).length;
  if (outside > points.length * (1 - TOLERANCE.maskIou)) faults.push(`${outside} of ${points.length} outline points outside the mask`);
}

/**
 * What is wrong with a classifier's answer: the probabilities of all classes are expected, the best of them found.
 * There is no threshold: however unsure, the best ones are the answer.
 */
export function judgeClasses(found: DetectionBatch, probabilities: readonly number[]): string[] {
  const { topClasses } = found;
  if (!topClasses || found.count !== 1) return [`${found.count} objects, ${topClasses ? "with" : "without"} classes`];
  const best = Array.from(probabilities, (score, classId) => ({ score, classId })).sort((a, b) => b.score - a.score);
  const faults: string[] = [];
  for (let k = 0; k < topClasses.perObject; k += 1) {
    const [classId, score] = [topClasses.classIds[k]!, topClasses.scores[k]!];
    const tied = best.filter((other) => Math.abs(other.score - best[k]!.score) < TOLERANCE.tie);
    if (!tied.some((other) => other.classId === classId)) faults.push(`class ${classId} at rank ${k}, expected ${best[k]!.classId}`);
    within(`score of rank ${k}`, [score], [best[k]!.score], TOLERANCE.score, faults);
  }
  return faults;
}
