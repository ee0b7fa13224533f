/** Most candidates that go into NMS, best first. Source: Ultralytics' `max_nms`. */
export const MAX_CANDIDATES = 30_000;
/** Room for as many again, so that the weakest are thrown out seldom and many at a time. Below 2^16: see `rank`. */
const CAPACITY = 2 * MAX_CANDIDATES;
const INDEX_RANGE = 65_536;

/** What passed the score threshold in one frame: which anchor, which class, how sure. The memory is reused. */
export interface Candidates {
  /** Starts a frame of at most so many. Only scores above `threshold` (0 or more) are to be added. */
  clear(threshold: number, mostPossible: number): void;
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

/** Without memory yet: it grows to what a frame can have, and up to twice `MAX_CANDIDATES`. */
export function makeCandidates(): Candidates {
  let { capacity, scores, scoreBits, anchors, classIds, keys } = columnsOf(0);
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
    get scores() {
      return scores;
    },
    get anchors() {
      return anchors;
    },
    get classIds() {
      return classIds;
    },
    clear(threshold, mostPossible) {
      const needed = Math.min(CAPACITY, mostPossible);
      if (needed > capacity) ({ capacity, scores, scoreBits, anchors, classIds, keys } = columnsOf(needed));
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

function columnsOf(capacity: number) {
  const scores = new Float32Array(capacity);
  return { capacity, scores, scoreBits: new Uint32Array(scores.buffer), anchors: new Int32Array(capacity), classIds: new Int32Array(capacity), keys: new Float64Array(capacity) };
}
