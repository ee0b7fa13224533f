import { iouAt, MEASURED_VALUES, measure } from "./iou.js";

/** How boxes suppress each other. */
export interface NmsOptions {
  /** A box is dropped when its IoU with a better kept one is above this, 0..1; equal is kept. */
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
  /** Offers a box; they must come best score first. Returns whether there is room for more. */
  offer(box: Float32Array, score: number, classId: number): boolean;
  /** How many were kept. */
  count(): number;
  /** What was kept, best first, valid until `clear`: boxes maxDetections x 4 as they were offered. */
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly classIds: Int32Array;
}

/** Makes the suppressor and its memory, bounded by maxDetections. */
export function makeNms({ iou: iouMax, agnostic, maxDetections, edgePx, classOffsetPx }: NmsOptions): Nms {
  const boxes = new Float32Array(maxDetections * 4);
  const kept = new Float32Array(maxDetections * MEASURED_VALUES);
  const scores = new Float32Array(maxDetections);
  const classIds = new Int32Array(maxDetections);
  const mine = new Float32Array(MEASURED_VALUES);
  // Rounded as the IoUs are, so that one which is equal on paper is equal here.
  const limit = Math.fround(iouMax);
  let count = 0;

  function place(box: Float32Array, classId: number): void {
    const offset = agnostic ? 0 : classId * classOffsetPx;
    for (let side = 0; side < 4; side += 1) mine[side] = box[side]! + offset;
    measure(mine, edgePx);
  }

  function overlapsKept(classId: number): boolean {
    for (let i = 0; i < count; i += 1) {
      if (!agnostic && classIds[i] !== classId) continue;
      if (iouAt(kept, i * MEASURED_VALUES, mine, edgePx) > limit) return true;
    }
    return false;
  }

  return {
    boxes,
    scores,
    classIds,
    clear: () => void (count = 0),
    count: () => count,
    offer(box, score, classId) {
      if (count >= maxDetections) return false;
      place(box, classId);
      if (overlapsKept(classId)) return true;
      boxes.set(box, count * 4);
      kept.set(mine, count * MEASURED_VALUES);
      scores[count] = score;
      classIds[count] = classId;
      count += 1;
      return count < maxDetections;
    },
  };
}
