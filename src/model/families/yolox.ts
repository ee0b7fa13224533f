import type { ModelAdapter, Reading } from "../adapter.js";
import type { Candidates } from "../decode/candidates.js";
import { floatOutput, requireNumber, type FloatOutput } from "../decode/decoder.js";
import { greedyDecoder, type HeadReader } from "../decode/greedy.js";
import { isOne, taskOf, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type InputLook, type ModelInfo } from "../info.js";
import type { Sieve } from "../limits.js";
import { YOLO_STRIDES_PX } from "../strides.js";
import { COCO_CLASSES } from "../usual.js";

const LOOK: InputLook = { letterbox: { placement: "top-left", rounding: "truncate", padValue: 114 }, channels: "bgr", scale: 1 };

/** Values before the class scores of an anchor: x, y, width, height (raw), objectness. */
const OBJECTNESS = 4;
const FIRST_CLASS = 5;
/** Columns that a transposed YOLOv8 of COCO would have too. */
const YOLOV8_COCO_ROWS = 4 + COCO_CLASSES;

/**
 * YOLOX: one output (1, anchors, 5 + classes), the raw head: x = (v0 + grid x) * stride, w = exp(v2) * stride; score =
 * objectness * class, strictly above conf. Or the same with boxes decoded by the graph (`--decode_in_inference`), which then
 * holds an Exp. NMS in source pixels, corners read as whole pixels (+1). Class-aware: each class by itself, and one anchor
 * may give several. Agnostic: the best class of an anchor, all against all.
 * Source: Megvii-BaseDetection/YOLOX, demo_utils.py (`demo_postprocess`, `multiclass_nms`), yolo_head.py (`decode_outputs`).
 */
export const yolox: ModelAdapter = {
  family: "yolox",
  reads: "yolox (1 x cells x 5+classes)",
  recognise,
  makeDecoder: (info, limits) => greedyDecoder(cellRows(info, limits.agnostic), info, limits, { space: "source", edgePx: 1, classOffsetPx: 0 }),
};

function recognise(facts: HeadFacts): Reading[] {
  const { outputs, hints, said, cells, operators } = facts;
  const [output] = outputs;
  const [batch, anchors, columns] = output?.dims ?? [];
  if (!output || outputs.length !== 1 || output.dims.length !== 3 || !isOne(batch) || typeof columns !== "number" || columns <= FIRST_CLASS) return [];
  const isTold = hints.family === "yolox";
  // Its exporter writes no metadata.
  if (said.task !== null && !isTold) return [];
  if (taskOf(facts) !== null && taskOf(facts) !== "detect") return [];
  const classCount = columns - FIRST_CLASS;
  if (typeof anchors === "string" ? !isTold && classCount !== COCO_CLASSES : anchors !== cells) return [];
  const isTransposed = columns === YOLOV8_COCO_ROWS && hints.labelCount !== classCount;
  if (isTransposed && !isTold) return [];
  const isDecoded = hints.decoded ?? operators.has("Exp");
  return [{
    family: "yolox", task: "detect", classCount, head: { ...PLAIN_HEAD, isDecoded }, outputNames: [output.name], sizeInput: null, look: LOOK,
    because: `a row for each cell of its grids, ${isDecoded ? "decoded in the graph" : "not decoded in the graph"}`, isSure: true,
  }];
}

function cellRows({ inputWidthPx, inputHeightPx, labels, head }: ModelInfo, agnostic: boolean): HeadReader {
  const columns = FIRST_CLASS + labels.length;
  const grid = makeGrid(inputWidthPx, inputHeightPx);
  const collect = agnostic ? collectBest : collectAll;
  return {
    open: (outputs) => floatOutput(outputs, 0, [1, grid.stride.length, columns]),
    most: () => grid.stride.length * (agnostic ? 1 : labels.length),
    collect: (output, sieve, candidates) => collect(output, columns, sieve, candidates),
    readBox: ({ data }, anchor, box) => (head.isDecoded ? readDecoded(data, anchor * columns, box) : readRaw(data, anchor * columns, anchor, grid, box)),
    readExtras: () => undefined,
  };
}

type Collect = (output: FloatOutput, columns: number, sieve: Sieve, candidates: Candidates) => void;

/**
 * Every class of every anchor. No score is above its objectness, so most anchors are done after one look, which NaN
 * does not pass.
 */
const collectAll: Collect = ({ data }, columns, sieve, candidates) => {
  let floor = sieve.conf;
  for (let at = 0, anchor = 0; at < data.length; at += columns, anchor += 1) {
    const objectness = data[at + OBJECTNESS]!;
    if (Math.abs(objectness) <= floor) continue;
    for (let classId = 0; classId < columns - FIRST_CLASS; classId += 1) {
      const score = Math.fround(objectness * data[at + FIRST_CLASS + classId]!);
      if (Math.abs(score) <= floor) continue;
      requireNumber(score, "a score");
      if (score > floor && sieve.takes(classId, score)) floor = candidates.add(score, anchor, classId);
    }
  }
};

/** The best class of every anchor, of equal ones the first. */
const collectBest: Collect = ({ data }, columns, sieve, candidates) => {
  let floor = sieve.conf;
  for (let at = 0, anchor = 0; at < data.length; at += columns, anchor += 1) {
    const objectness = data[at + OBJECTNESS]!;
    if (Math.abs(objectness) <= floor) continue;
    let bestScore = floor;
    let bestClass = -1;
    for (let classId = 0; classId < columns - FIRST_CLASS; classId += 1) {
      const score = Math.fround(objectness * data[at + FIRST_CLASS + classId]!);
      if (Math.abs(score) <= bestScore) continue;
      requireNumber(score, "a score");
      if (score <= bestScore) continue;
      bestScore = score;
      bestClass = classId;
    }
    if (bestClass >= 0 && sieve.takes(bestClass, bestScore)) floor = candidates.add(bestScore, anchor, bestClass);
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

function readRaw(data: Float32Array, at: number, anchor: number, grid: Grid, box: Float32Array): void {
  const stride = grid.stride[anchor]!;
  const x = Math.fround(Math.fround(data[at]! + grid.x[anchor]!) * stride);
  const y = Math.fround(Math.fround(data[at + 1]! + grid.y[anchor]!) * stride);
  const halfWidth = Math.fround(Math.fround(Math.exp(data[at + 2]!)) * stride) / 2;
  const halfHeight = Math.fround(Math.fround(Math.exp(data[at + 3]!)) * stride) / 2;
  setCorners(box, x, y, halfWidth, halfHeight);
}

function readDecoded(data: Float32Array, at: number, box: Float32Array): void {
  setCorners(box, data[at]!, data[at + 1]!, data[at + 2]! / 2, data[at + 3]! / 2);
}

function setCorners(box: Float32Array, x: number, y: number, halfWidth: number, halfHeight: number): void {
  box[0] = x - halfWidth;
  box[1] = y - halfHeight;
  box[2] = x + halfWidth;
  box[3] = y + halfHeight;
}
