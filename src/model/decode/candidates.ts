/** Most candidates that go into NMS, best first. Source: Ultralytics' `max_nms`. */
export const MAX_CANDIDATES = 30_000;
/** Room for as many again, so that the weakest are thrown out seldom and many at a time. Below 2^16: see `rank`. */
const CAPACITY = 2 * MAX_CANDIDATES;
const INDEX_RANGE = 65_536;

/** What passed the score threshold in one frame: which anchor, which class, how sure. The memory is reused. */
export interface Candidates {
  /** Starts a frame. Only scores above `threshold` (0 or more) are to be added. */
  clear(threshold: number): void;
  /** Adds one. Returns the threshold from now on: it rises when there are too many. */
  add(score: number, anchor: number, classId: number): number;
  /** Sorts by score, best first, ties in the order in which they were added. Returns how many there are. */
  rank(): number;
  /** Index of the nth best; after `rank`. */
  at(rank: number): number;
  readonly scores: Float32Array;
  readonly anchors: Int32Array;
  readonly classIds: Int32Array;
}

/** Makes the memory for `MAX_CANDIDATES` candidates, or fewer when a frame can't have so many. */
export function makeCandidates(mostPossible: number): Candidates {
  const capacity = Math.min(CAPACITY, mostPossible);
  const scores = new Float32Array(capacity);
  const scoreBits = new Uint32Array(scores.buffer);
  const anchors = new Int32Array(capacity);
  const classIds = new Int32Array(capacity);
  const keys = new Float64Array(capacity);
  let count = 0;
  let floor = 0;

  /*
   * The bits of positive floats sort like whole numbers: 31 bits of score above 16 of index make an exact double, so
   * that the native numeric sort does it all, without a comparator. The index counts down: the sort rises, we read it
   * from its end, and the earlier of two equals comes first.
   */
  function rank(): void {
    for (let i = 0; i < count; i += 1) keys[i] = scoreBits[i]! * INDEX_RANGE + (INDEX_RANGE - 1 - i);
    keys.subarray(0, count).sort();
  }
  const at = (nth: number): number => INDEX_RANGE - 1 - (keys[count - 1 - nth]! % INDEX_RANGE);

  function throwOutWeakest(): void {
    rank();
    const best = Array.from({ length: MAX_CANDIDATES }, (_, nth) => at(nth));
    for (const column of [scores, anchors, classIds]) column.set(best.map((index) => column[index]!));
    count = MAX_CANDIDATES;
    floor = scores[count - 1]!;
  }

  return {
    scores,
    anchors,
    classIds,
    clear(threshold) {
      count = 0;
      floor = threshold;
    },
    add(score, anchor, classId) {
      if (count === capacity) throwOutWeakest();
      if (!(score > floor)) return floor;
      scores[count] = score;
      anchors[count] = anchor;
      classIds[count] = classId;
      count += 1;
      return floor;
    },
    rank() {
      rank();
      return Math.min(count, MAX_CANDIDATES);
    },
    at,
  };
}
