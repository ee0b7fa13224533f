import type { Letterbox } from "../letterbox.js";
import type { Candidates } from "./candidates.js";

/** Numbers of a turned box: centre x, centre y, width, height, angle (radians, clockwise as the picture is seen). */
export const TURNED_VALUES = 5;

const EPSILON = 1e-7;
/** x, y of the centre, and the three numbers of its spread: variances along the axes, and what they have in common. */
const SPREAD_VALUES = 5;

/** What fast NMS of turned boxes leaves. */
export interface TurnedNms {
  /**
   * candidates   ranked
   * boxes        gives a candidate's turned box, input px
   * keep         is told of each that is left, best first; returns whether there is room for more
   */
  run(candidates: Candidates, count: number, boxes: (candidate: number, out: Float32Array) => void, keep: (candidate: number, box: Float32Array) => boolean): void;
}

/**
 * A box is dropped when the probabilistic IoU with any better one of its class (dropped itself or not) is above `iou`.
 * Source: the rules of Ultralytics' `fast_nms` with `batch_probiou` (after "Gaussian Bounding Boxes and Probabilistic
 * Intersection-over-Union", 2021), whose class offset shifts the centres in float32.
 */
export function makeTurnedNms({ iou, agnostic, classOffsetPx }: { readonly iou: number; readonly agnostic: boolean; readonly classOffsetPx: number }): TurnedNms {
  const limit = Math.fround(iou);
  const box = new Float32Array(TURNED_VALUES);
  let spreads = new Float32Array(0);

  function isSuppressed(rank: number, candidates: Candidates): boolean {
    const classId = candidates.classIds[candidates.at(rank)];
    for (let better = 0; better < rank; better += 1) {
      if (!agnostic && candidates.classIds[candidates.at(better)] !== classId) continue;
      if (probabilisticIou(spreads, better * SPREAD_VALUES, rank * SPREAD_VALUES) > limit) return true;
    }
    return false;
  }

  return {
    run(candidates, count, boxes, keep) {
      if (spreads.length < count * SPREAD_VALUES) spreads = new Float32Array(count * SPREAD_VALUES);
      for (let rank = 0, room = true; rank < count && room; rank += 1) {
        const candidate = candidates.at(rank);
        boxes(candidate, box);
        spread(box, agnostic ? 0 : candidates.classIds[candidate]! * classOffsetPx, spreads, rank * SPREAD_VALUES);
        if (!isSuppressed(rank, candidates)) room = keep(candidate, box);
      }
    },
  };
}

/** A box as a normal distribution of the same extent. */
function spread(box: Float32Array, offset: number, out: Float32Array, at: number): void {
  const [x, y, width, height, angle] = [box[0]!, box[1]!, box[2]!, box[3]!, box[4]!];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [along, aside] = [(width * width) / 12, (height * height) / 12];
  out[at] = x + offset;
  out[at + 1] = y + offset;
  out[at + 2] = along * cos * cos + aside * sin * sin;
  out[at + 3] = along * sin * sin + aside * cos * cos;
  out[at + 4] = (along - aside) * cos * sin;
}

function probabilisticIou(spreads: Float32Array, one: number, other: number): number {
  const [a1, b1, c1] = [spreads[one + 2]!, spreads[one + 3]!, spreads[one + 4]!];
  const [a2, b2, c2] = [spreads[other + 2]!, spreads[other + 3]!, spreads[other + 4]!];
  const [dx, dy] = [spreads[one]! - spreads[other]!, spreads[one + 1]! - spreads[other + 1]!];
  const [a, b, c] = [a1 + a2, b1 + b2, c1 + c2];
  const denominator = a * b - c * c;
  const near = (a * dy * dy + b * dx * dx) / (denominator + EPSILON) / 4 + (c * -dx * dy) / (denominator + EPSILON) / 2;
  const own = Math.sqrt(Math.max(a1 * b1 - c1 * c1, 0) * Math.max(a2 * b2 - c2 * c2, 0));
  const alike = Math.log(denominator / (4 * own + EPSILON) + EPSILON) / 2;
  const distance = Math.min(100, Math.max(EPSILON, near + alike));
  return 1 - Math.sqrt(1 - Math.exp(-distance) + EPSILON);
}

/** A turned box from the model's input into the source picture, in place. */
export function turnedToSource(box: Float32Array, { scaleX, scaleY, leftPx, topPx }: Letterbox): void {
  box[0] = (box[0]! - leftPx) / scaleX;
  box[1] = (box[1]! - topPx) / scaleY;
  box[2] = box[2]! / scaleX;
  box[3] = box[3]! / scaleY;
}

/** The corners of a turned box, clockwise as the picture is seen, and the upright box around them. */
export function cornersOf(box: Float32Array, corners: Float32Array, at: number, around: Float32Array): void {
  const [x, y, width, height, angle] = [box[0]!, box[1]!, box[2]!, box[3]!, box[4]!];
  const [cos, sin] = [Math.cos(angle) / 2, Math.sin(angle) / 2];
  const [wx, wy, hx, hy] = [width * cos, width * sin, -height * sin, height * cos];
  corners[at] = x + wx + hx;
  corners[at + 1] = y + wy + hy;
  corners[at + 2] = x - wx + hx;
  corners[at + 3] = y - wy + hy;
  corners[at + 4] = x - wx - hx;
  corners[at + 5] = y - wy - hy;
  corners[at + 6] = x + wx - hx;
  corners[at + 7] = y + wy - hy;
  const [xs, ys] = [[0, 2, 4, 6], [1, 3, 5, 7]].map((places) => places.map((place) => corners[at + place]!)) as [number[], number[]];
  around.set([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]);
}
