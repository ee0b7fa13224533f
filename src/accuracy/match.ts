import { overlap } from "./overlap.js";

/** What is truly in a picture: one object, or with `ignore` a region that is neither to be found nor to be blamed for. */
export interface TrueObject {
  readonly classId: number;
  /** x1, y1, x2, y2 in any one unit, the same as the found boxes. */
  readonly box: readonly number[];
  readonly ignore: boolean;
}

/** What a detector says is in a picture. */
export interface FoundObject {
  readonly classId: number;
  /** x1, y1, x2, y2. */
  readonly box: readonly number[];
  /** Sure of it, 0..1. Only the order matters. */
  readonly score: number;
}

/** One picture, as it is and as it was seen. */
export interface JudgedPicture {
  readonly truth: readonly TrueObject[];
  readonly found: readonly FoundObject[];
}

/** One detection after matching. Ignored ones count neither for nor against. */
export interface Verdict {
  readonly score: number;
  readonly kind: "hit" | "miss" | "ignored";
}

/** COCO looks at the best 100 detections of a class in a picture. */
const FOUND_LIMIT = 100;
/** COCO lets an overlap that equals the threshold count, whatever the last bit says. */
const EQUAL_WITHIN = 1e-10;

/** Pairs one picture's detections of one class with its objects, the surest detection first, each with the free object
 *  it overlaps most, and only with an ignored region when no object will do. A region may take any number.
 *  iouLeast  0..1, the overlap a pair needs
 *  @returns one verdict a detection, best score first, equal scores in the order given; at most 100.
 *  Source: pycocotools 2.0.11, COCOeval.evaluateImg with `iscrowd` for `ignore`. */
export function matchPicture(picture: JudgedPicture, classId: number, iouLeast: number): Verdict[] {
  const ofClass = picture.truth.filter((object) => object.classId === classId);
  const truth = [...ofClass.filter((object) => !object.ignore), ...ofClass.filter((object) => object.ignore)];
  const found = picture.found.filter((object) => object.classId === classId);
  const best = found.sort((a, b) => b.score - a.score).slice(0, FOUND_LIMIT);
  const taken = new Set<TrueObject>();
  return best.map((candidate) => {
    const partner = partnerOf(candidate, truth, taken, iouLeast);
    if (partner === undefined) return { score: candidate.score, kind: "miss" };
    taken.add(partner);
    return { score: candidate.score, kind: partner.ignore ? "ignored" : "hit" };
  });
}

/** `truth` has the ignored regions last. */
function partnerOf(
  candidate: FoundObject,
  truth: readonly TrueObject[],
  taken: ReadonlySet<TrueObject>,
  iouLeast: number,
): TrueObject | undefined {
  let most = Math.min(iouLeast, 1 - EQUAL_WITHIN);
  let partner: TrueObject | undefined;
  for (const object of truth) {
    if (taken.has(object) && !object.ignore) continue;
    if (partner !== undefined && !partner.ignore && object.ignore) break;
    const share = overlap(candidate.box, object.box, object.ignore);
    if (share < most) continue;
    most = share;
    partner = object;
  }
  return partner;
}
