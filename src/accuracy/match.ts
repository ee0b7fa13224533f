import { overlap } from "./overlap.js";

/** What is truly in a picture: one object, or with `ignore` a region that is neither to be found nor to be blamed for. */
export interface TrueObject {
  readonly classId: number;
  /** x1, y1, x2, y2 in any one unit, the same as the found boxes. Sizes count in pixels. */
  readonly box: readonly number[];
  /** COCO's `iscrowd`. */
  readonly ignore: boolean;
  /** How large it counts as, square px: COCO takes the area of its outline. Default: the area of its box. */
  readonly areaPx?: number;
}

/** What a detector says is in a picture. */
export interface FoundObject {
  readonly classId: number;
  /** x1, y1, x2, y2. */
  readonly box: readonly number[];
  /** Sure of it, 0..1. Only the order matters. */
  readonly score: number;
  /** How large it counts as, square px. Default: the area of its box. */
  readonly areaPx?: number;
}

/** One picture, as it is and as it was seen. */
export interface JudgedPicture {
  readonly truth: readonly TrueObject[];
  readonly found: readonly FoundObject[];
}

/** Which sizes count, square px, both ends included. Objects of other sizes are ignored, and so is what was found in vain. */
export type SizeRange = readonly [least: number, most: number];

/** COCO's: small is up to 32 x 32 pixels, large from 96 x 96. */
export const SIZES = {
  all: [0, 1e10],
  small: [0, 32 ** 2],
  medium: [32 ** 2, 96 ** 2],
  large: [96 ** 2, 1e10],
} as const satisfies Record<string, SizeRange>;

/** What became of a detection. Ignored ones count neither for nor against. */
export const MISS = 0;
/** It is on an object. */
export const HIT = 1;
/** It is on what is ignored, or of a size that does not count. */
export const IGNORED = 2;

/** One class in one picture, ready to be matched at any threshold. */
export interface ClassPicture {
  /** The detections, best score first, equal scores in the order given; at most 100. */
  readonly found: readonly FoundObject[];
  readonly truth: readonly TrueObject[];
  /** found x truth: how much each detection overlaps each object. */
  readonly overlaps: Float64Array;
}

/** COCO looks at the best 100 detections of a class in a picture. */
export const FOUND_LIMIT = 100;
/** COCO lets an overlap that equals the threshold count, whatever the last bit says. */
const EQUAL_WITHIN = 1e-10;

/** Every class that was found or is there, by number, with the pictures that have something of it, in their order. */
export function byClass(pictures: readonly JudgedPicture[]): Map<number, ClassPicture[]> {
  const classes = new Map<number, ClassPicture[]>();
  for (const picture of pictures) {
    const parts = new Map<number, { found: FoundObject[]; truth: TrueObject[] }>();
    const partOf = (classId: number) => {
      let part = parts.get(classId);
      if (part === undefined) parts.set(classId, (part = { found: [], truth: [] }));
      return part;
    };
    for (const object of picture.truth) partOf(object.classId).truth.push(object);
    for (const object of picture.found) partOf(object.classId).found.push(object);
    for (const [classId, part] of parts) {
      const of = classes.get(classId);
      if (of === undefined) classes.set(classId, [classPicture(part)]);
      else of.push(classPicture(part));
    }
  }
  return new Map([...classes].sort(([a], [b]) => a - b));
}

function classPicture({ found, truth }: JudgedPicture): ClassPicture {
  const best = [...found].sort((a, b) => b.score - a.score).slice(0, FOUND_LIMIT);
  const overlaps = new Float64Array(best.length * truth.length);
  best.forEach(({ box }, d) => truth.forEach((object, g) => (overlaps[d * truth.length + g] = overlap(box, object.box, object.ignore))));
  return { found: best, truth, overlaps };
}

/** How large an object counts as, square px. */
export function areaOf({ box: [x1 = 0, y1 = 0, x2 = 0, y2 = 0], areaPx = (x2 - x1) * (y2 - y1) }: Pick<TrueObject, "box" | "areaPx">): number {
  return areaPx;
}

/** Whether an object is to be found, when only these sizes count. */
export const counts = (object: TrueObject, [least, most]: SizeRange): boolean => !object.ignore && areaOf(object) >= least && areaOf(object) <= most;

/**
 * Pairs a picture's detections of one class with its objects, the surest detection first, each with the free object it
 * overlaps most, and only with an ignored one when no other will do. A region may take any number.
 * iouLeast  0..1, the overlap a pair needs
 * @returns  MISS, HIT or IGNORED for each detection
 * Source: pycocotools 2.0.11, COCOeval.evaluateImg.
 */
export function match({ found, truth, overlaps }: ClassPicture, size: SizeRange, iouLeast: number): Uint8Array {
  const isIgnored = truth.map((object) => !counts(object, size));
  const order = [...truth.keys()].sort((a, b) => Number(isIgnored[a]) - Number(isIgnored[b]));
  const taken = new Uint8Array(truth.length);
  return Uint8Array.from(found, (candidate, d) => {
    let most = Math.min(iouLeast, 1 - EQUAL_WITHIN);
    let partner = -1;
    for (const g of order) {
      if (taken[g] && !truth[g]!.ignore) continue;
      if (partner >= 0 && !isIgnored[partner] && isIgnored[g]) break;
      const share = overlaps[d * truth.length + g]!;
      if (share < most) continue;
      most = share;
      partner = g;
    }
    if (partner < 0) return isOfSize(candidate, size) ? MISS : IGNORED;
    taken[partner] = 1;
    return isIgnored[partner] ? IGNORED : HIT;
  });
}

const isOfSize = (object: FoundObject, [least, most]: SizeRange): boolean => areaOf(object) >= least && areaOf(object) <= most;
