import { makeCandidates } from "./candidates.js";
import { requireNumber } from "./decoder.js";

/** Candidates of heads that need no NMS, sorted by score. The memory is reused. */
export interface Ranking {
  /** Starts a frame that can have so many; only scores above `conf` count. */
  clear(mostPossible: number, conf: number): void;
  /** @throws PipelineError E_MODEL_OUTPUT for a score that is none */
  add(score: number, anchor: number, classId: number): void;
  /** Adds the best of `count` scores from `at` on; of equal ones the first. */
  addBest(data: Float32Array, at: number, count: number, anchor: number): void;
  /** Best first, until `take` has no room any more. */
  each(take: (score: number, anchor: number, classId: number) => boolean): void;
}

/** Makes an empty one. */
export function makeRanking(): Ranking {
  const candidates = makeCandidates();
  let floor = 0;

  function add(score: number, anchor: number, classId: number): void {
    requireNumber(score, "a score");
    if (score > floor) floor = candidates.add(score, anchor, classId);
  }

  return {
    add,
    clear(mostPossible, conf) {
      floor = conf;
      candidates.clear(conf, mostPossible);
    },
    addBest(data, at, count, anchor) {
      let best = 0;
      for (let i = 0; i < count; i += 1) {
        requireNumber(data[at + i]!, "a score");
        if (data[at + i]! > data[at + best]!) best = i;
      }
      add(data[at + best]!, anchor, best);
    },
    each(take) {
      const count = candidates.rank();
      for (let rank = 0, room = true; rank < count && room; rank += 1) {
        const at = candidates.at(rank);
        room = take(candidates.scores[at]!, candidates.anchors[at]!, candidates.classIds[at]!);
      }
    },
  };
}
