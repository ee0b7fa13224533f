import { makeCandidates, type Candidates } from "../candidates.js";
import { toSource } from "../letterbox.js";
import { makeNms } from "../nms.js";
import {
  classTable,
  clippedBatch,
  requireFinite,
  requireNumber,
  soleOutput,
  type Decoder,
  type DetectLimits,
} from "./decoder.js";

/** Px between the classes in NMS. Source: Ultralytics' `max_wh`. */
const CLASS_OFFSET_PX = 7680;
/** Rows before the class scores: centre x, centre y, width, height, input px. */
const BOX_ROWS = 4;

/**
 * YOLOv8, v9, 11, 12 detect (and every export with their head): one output (1, 4 + classes, anchors), channel-first,
 * scores already through the sigmoid, no objectness. The best class of an anchor counts, strictly above conf; then the
 * class filter; then NMS in input pixels.
 * Source: the rules of Ultralytics' `non_max_suppression` and `scale_boxes`.
 */
export function yolov8Decoder(classCount: number, limits: DetectLimits): Decoder {
  const wanted = classTable(limits.classIds, classCount);
  const conf = Math.fround(limits.conf);
  const nms = makeNms({ ...limits, edgePx: 0, classOffsetPx: CLASS_OFFSET_PX });
  const box = new Float32Array(4);
  let best = makeBest(0);
  let candidates = makeCandidates(0);
  return {
    decode(outputs, letterbox) {
      const { data, dims } = soleOutput(outputs, [1, BOX_ROWS + classCount, null]);
      const anchors = dims[2]!;
      if (best.scores.length !== anchors) [best, candidates] = [makeBest(anchors), makeCandidates(anchors)];
      findBest(data, classCount, conf, best);
      collect(best, conf, wanted, candidates);
      nms.clear();
      const count = candidates.rank();
      for (let rank = 0, room = true; rank < count && room; rank += 1) {
        const candidate = candidates.at(rank);
        const anchor = candidates.anchors[candidate]!;
        readBox(data, anchors, anchor, box);
        requireFinite(box, anchor);
        room = nms.offer(box, candidates.scores[candidate]!, candidates.classIds[candidate]!);
      }
      toSource(nms.boxes, nms.count(), letterbox);
      return clippedBatch(nms, letterbox);
    },
  };
}

/** The best class of each anchor. A class id is meaningful only where the score is above conf. */
interface Best {
  readonly scores: Float32Array;
  readonly classIds: Uint16Array;
}

function makeBest(anchors: number): Best {
  return { scores: new Float32Array(anchors), classIds: new Uint16Array(anchors) };
}

/** Walks the output row by row, as it lies in memory. */
function findBest(data: Float32Array, classCount: number, conf: number, best: Best): void {
  best.scores.fill(conf);
  for (let classId = 0; classId < classCount; classId += 1) challengeAll(data, classId, conf, best);
}

/**
 * Offers every anchor its score for one class, four at a step: nearly all are at or below conf and cost one comparison.
 * Written so that NaN and infinities fail that comparison and are looked at too.
 */
function challengeAll(data: Float32Array, classId: number, conf: number, best: Best): void {
  const anchors = best.scores.length;
  const row = (BOX_ROWS + classId) * anchors;
  let anchor = 0;
  for (; anchor + 3 < anchors; anchor += 4) {
    const at = row + anchor;
    const none =
      Math.abs(data[at]!) <= conf &&
      Math.abs(data[at + 1]!) <= conf &&
      Math.abs(data[at + 2]!) <= conf &&
      Math.abs(data[at + 3]!) <= conf;
    if (none) continue;
    for (let i = 0; i < 4; i += 1) challenge(data[at + i]!, anchor + i, classId, best);
  }
  for (; anchor < anchors; anchor += 1) challenge(data[row + anchor]!, anchor, classId, best);
}

/** Of equal classes the first wins. */
function challenge(score: number, anchor: number, classId: number, { scores, classIds }: Best): void {
  if (!(score <= scores[anchor]!)) {
    requireNumber(score);
    scores[anchor] = score;
    classIds[anchor] = classId;
  } else if (score === -Infinity) requireNumber(score);
}

function collect({ scores, classIds }: Best, conf: number, wanted: Uint8Array | null, candidates: Candidates): void {
  candidates.clear(conf);
  for (let anchor = 0; anchor < scores.length; anchor += 1) {
    const score = scores[anchor]!;
    if (score <= conf) continue;
    const classId = classIds[anchor]!;
    if (wanted === null || wanted[classId] === 1) candidates.add(score, anchor, classId);
  }
}

/** Centre form to corners, in float32. */
function readBox(data: Float32Array, anchors: number, anchor: number, box: Float32Array): void {
  const x = data[anchor]!;
  const y = data[anchors + anchor]!;
  const halfWidth = data[2 * anchors + anchor]! / 2;
  const halfHeight = data[3 * anchors + anchor]! / 2;
  box[0] = x - halfWidth;
  box[1] = y - halfHeight;
  box[2] = x + halfWidth;
  box[3] = y + halfHeight;
}
