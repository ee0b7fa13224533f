import { makeCandidates, type Candidates } from "../candidates.js";
import { toSource, type Letterbox } from "../letterbox.js";
import { makeNms } from "../nms.js";
import { YOLO_STRIDES_PX } from "../strides.js";
import {
  classTable,
  clippedBatch,
  requireFinite,
  requireNumber,
  soleOutput,
  type Decoder,
  type DetectLimits,
} from "./decoder.js";

/** Values before the class scores of an anchor: x, y, width, height (raw), objectness. */
const OBJECTNESS = 4;
const FIRST_CLASS = 5;

/**
 * YOLOX: one output (1, anchors, 5 + classes), the raw head: x = (v0 + grid x) * stride, w = exp(v2) * stride; score =
 * objectness * class, strictly above conf. NMS in source pixels, corners read as whole pixels (+1). Class-aware: each
 * class by itself, and one anchor may give several. Agnostic: the best class of an anchor, all against all.
 * Source: Megvii-BaseDetection/YOLOX, demo_utils.py (`demo_postprocess`, `multiclass_nms`).
 */
export function yoloxDecoder(
  classCount: number,
  input: { widthPx: number; heightPx: number },
  limits: DetectLimits,
): Decoder {
  const wanted = classTable(limits.classIds, classCount);
  const conf = Math.fround(limits.conf);
  const grid = makeGrid(input.widthPx, input.heightPx);
  const values = FIRST_CLASS + classCount;
  const candidates = makeCandidates(grid.stride.length * (limits.agnostic ? 1 : classCount));
  const nms = makeNms({ ...limits, edgePx: 1, classOffsetPx: 0 });
  const box = new Float32Array(4);
  const collect = limits.agnostic ? collectBest : collectAll;
  return {
    decode(outputs, letterbox) {
      const { data } = soleOutput(outputs, [1, grid.stride.length, values]);
      candidates.clear(conf);
      collect(data, values, conf, wanted, candidates);
      nms.clear();
      const count = candidates.rank();
      for (let rank = 0, room = true; rank < count && room; rank += 1) {
        const candidate = candidates.at(rank);
        const anchor = candidates.anchors[candidate]!;
        readBox(data, values, anchor, grid, letterbox, box);
        room = nms.offer(box, candidates.scores[candidate]!, candidates.classIds[candidate]!);
      }
      return clippedBatch(nms, letterbox);
    },
  };
}

type Collect = (
  data: Float32Array,
  values: number,
  conf: number,
  wanted: Uint8Array | null,
  candidates: Candidates,
) => void;

/**
 * Every class of every anchor. No score is above its objectness, so most anchors are done after one look, which NaN
 * does not pass.
 */
const collectAll: Collect = (data, values, conf, wanted, candidates) => {
  let floor = conf;
  for (let at = 0, anchor = 0; at < data.length; at += values, anchor += 1) {
    const objectness = data[at + OBJECTNESS]!;
    if (Math.abs(objectness) <= floor) continue;
    for (let classId = 0; classId < values - FIRST_CLASS; classId += 1) {
      const score = Math.fround(objectness * data[at + FIRST_CLASS + classId]!);
      if (Math.abs(score) <= floor) continue;
      requireNumber(score);
      if (score > floor && (wanted === null || wanted[classId] === 1)) floor = candidates.add(score, anchor, classId);
    }
  }
};

/** The best class of every anchor, of equal ones the first. */
const collectBest: Collect = (data, values, conf, wanted, candidates) => {
  let floor = conf;
  for (let at = 0, anchor = 0; at < data.length; at += values, anchor += 1) {
    const objectness = data[at + OBJECTNESS]!;
    if (Math.abs(objectness) <= floor) continue;
    let bestScore = floor;
    let bestClass = -1;
    for (let classId = 0; classId < values - FIRST_CLASS; classId += 1) {
      const score = Math.fround(objectness * data[at + FIRST_CLASS + classId]!);
      if (Math.abs(score) <= bestScore) continue;
      requireNumber(score);
      if (score <= bestScore) continue;
      bestScore = score;
      bestClass = classId;
    }
    if (bestClass >= 0 && (wanted === null || wanted[bestClass] === 1)) {
      floor = candidates.add(bestScore, anchor, bestClass);
    }
  }
};

/** Where each anchor sits: its cell in the grid of its stride, row by row, finest grid first. */
interface Grid {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly stride: Float32Array;
}

function makeGrid(widthPx: number, heightPx: number): Grid {
  const cells = YOLO_STRIDES_PX.flatMap((stride) => {
    const columns = Math.floor(widthPx / stride);
    const count = columns * Math.floor(heightPx / stride);
    return Array.from({ length: count }, (_, i) => ({ x: i % columns, y: Math.floor(i / columns), stride }));
  });
  return {
    x: Float32Array.from(cells, (cell) => cell.x),
    y: Float32Array.from(cells, (cell) => cell.y),
    stride: Float32Array.from(cells, (cell) => cell.stride),
  };
}

/** One anchor's box in source pixels, not clipped. */
function readBox(
  data: Float32Array,
  values: number,
  anchor: number,
  grid: Grid,
  letterbox: Letterbox,
  box: Float32Array,
): void {
  const at = anchor * values;
  const stride = grid.stride[anchor]!;
  const x = Math.fround(Math.fround(data[at]! + grid.x[anchor]!) * stride);
  const y = Math.fround(Math.fround(data[at + 1]! + grid.y[anchor]!) * stride);
  const halfWidth = Math.fround(Math.fround(Math.exp(data[at + 2]!)) * stride) / 2;
  const halfHeight = Math.fround(Math.fround(Math.exp(data[at + 3]!)) * stride) / 2;
  box[0] = x - halfWidth;
  box[1] = y - halfHeight;
  box[2] = x + halfWidth;
  box[3] = y + halfHeight;
  requireFinite(box, anchor);
  toSource(box, 1, letterbox);
}
