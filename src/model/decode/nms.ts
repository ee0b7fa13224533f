import type { Kept } from "./kept.js";
import { iouAt, MEASURED_VALUES, measure } from "./iou.js";

/** How boxes suppress each other. */
export interface NmsOptions {
  /** A box is dropped when its IoU with a better kept one is above this, 0..1; equal is kept. 1 = none is dropped. */
  readonly iou: number;
  /** true = boxes of all classes compete; false = only those of the same class. */
  readonly agnostic: boolean;
  /** Most boxes kept. */
  readonly maxDetections: number;
  /** See `measure`. */
  readonly edgePx: 0 | 1;
  /**
   * Added to all coordinates of a class, times its index, before comparing. Changes nothing but the float32 rounding;
   * the reference (Ultralytics, 7680 px) keeps classes apart this way and so decides near-ties as it does. 0 for none.
   */
  readonly classOffsetPx: number;
}

/** Greedy non-maximum suppression, one frame after another in the same memory. */
export interface Nms {
  /** Forgets the last frame. */
  clear(): void;
  /**
   * Offers a box; they must come best score first. Returns whether there is room for more.
   * isWanted   false = it suppresses others as it would, but is not given in the end
   */
  offer(box: Float32Array, score: number, classId: number, anchor: number, isWanted?: boolean): boolean;
  /** What was kept, best first, boxes as they were offered. Valid until the next `clear`. */
  kept(): Kept;
}

/** Boxes that suppress others without being wanted: more of them have no effect. */
const MOST_UNWANTED = 1024;

/** Makes the suppressor and its memory, bounded by maxDetections. */
export function makeNms({ iou: iouMax, agnostic, maxDetections, edgePx, classOffsetPx }: NmsOptions): Nms {
  const boxes = new Float32Array(maxDetections * 4);
  const scores = new Float32Array(maxDetections);
  const classIds = new Int32Array(maxDetections);
  const anchors = new Int32Array(maxDetections);
  const others = new Float32Array((maxDetections + MOST_UNWANTED) * MEASURED_VALUES);
  const otherClasses = new Int32Array(maxDetections + MOST_UNWANTED);
  const mine = new Float32Array(MEASURED_VALUES);
  // Rounded as the IoUs are, so that one which is equal on paper is equal here.
  const limit = Math.fround(iouMax);
  let count = 0;
  let unwanted = 0;

  function place(box: Float32Array, classId: number): void {
    const offset = agnostic ? 0 : classId * classOffsetPx;
    for (let side = 0; side < 4; side += 1) mine[side] = box[side]! + offset;
    measure(mine, edgePx);
  }

  function isSuppressed(classId: number): boolean {
    for (let i = 0; i < count + unwanted; i += 1) {
      if (!agnostic && otherClasses[i] !== classId) continue;
      if (iouAt(others, i * MEASURED_VALUES, mine, edgePx) > limit) return true;
    }
    return false;
  }

  return {
    clear() {
      count = 0;
      unwanted = 0;
    },
    kept: () => ({ count, boxes, scores, classIds, anchors }),
    offer(box, score, classId, anchor, isWanted = true) {
      if (count >= maxDetections) return false;
      place(box, classId);
      if (isSuppressed(classId)) return true;
      if (!isWanted && unwanted === MOST_UNWANTED) return true;
      others.set(mine, (count + unwanted) * MEASURED_VALUES);
      otherClasses[count + unwanted] = classId;
      if (!isWanted) {
        unwanted += 1;
        return true;
      }
      boxes.set(box, count * 4);
      scores[count] = score;
      classIds[count] = classId;
      anchors[count] = anchor;
      count += 1;
      return count < maxDetections;
    },
  };
}
