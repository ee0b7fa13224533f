import type { ModelAdapter, Reading } from "../adapter.js";
import { floatOutput, requireNumber, type FloatOutput } from "../decode/decoder.js";
import { greedyDecoder, type HeadReader } from "../decode/greedy.js";
import type { Candidates } from "../decode/candidates.js";
import { isOne, prototypes, taskOf, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type ModelInfo } from "../info.js";
import type { Sieve } from "../limits.js";
import { CLASS_OFFSET_PX, extrasOf, ULTRALYTICS_LOOK } from "./yolov8.js";

/** Boxes of different shapes that each cell of each grid has. */
const ANCHORS_PER_CELL = 3;
/** Centre x, centre y, width, height in input px, objectness. */
const OBJECTNESS = 4;
const FIRST_CLASS = 5;

/**
 * YOLOv5 with anchor boxes: (1, 3 x cells, 5 + classes + mask coefficients), decoded in the graph, through the sigmoid. An
 * anchor counts with its objectness above conf, and objectness x its best class above conf; NMS in input pixels.
 * Source: the rules of YOLOv5's `non_max_suppression`.
 */
export const yolov5: ModelAdapter = {
  family: "yolov5",
  reads: "yolov5 (with anchor boxes: 1 x 3*cells x 5+classes)",
  recognise,
  makeDecoder: (info, limits) => greedyDecoder(anchorRows(info), info, limits, { space: "input", edgePx: 0, classOffsetPx: CLASS_OFFSET_PX }),
};

function recognise(facts: HeadFacts): Reading[] {
  const { outputs, hints, said, cells } = facts;
  // Old exports give the three raw grids (rank 5) beside what they are decoded to.
  const flat = outputs.filter(({ dims }) => dims.length === 3 && isOne(dims[0]));
  const grids = outputs.filter(({ dims }) => dims.length === 5);
  const [output] = flat;
  const [, anchors, columns] = output?.dims ?? [];
  if (!output || flat.length !== 1 || typeof columns !== "number" || columns <= FIRST_CLASS) return [];
  const isGrid = anchors === ANCHORS_PER_CELL * cells;
  // A fourth grid, or a size that is free: then somebody has to say so.
  if (!isGrid && hints.family !== "yolov5") return [];
  const task = taskOf(facts);
  const masks = prototypes(facts);
  const rest = outputs.length - flat.length - grids.length - (masks ? 1 : 0);
  if (rest !== 0 || (task !== null && task !== (masks ? "segment" : "detect"))) return [];
  const classCount = columns - FIRST_CLASS - (masks?.count ?? 0);
  if (classCount < 1) return [];
  return [{
    family: "yolov5", task: masks ? "segment" : "detect", classCount,
    head: { ...PLAIN_HEAD, maskCoefficients: masks?.count ?? 0 },
    outputNames: [output.name, ...(masks ? [masks.name] : [])], sizeInput: null, look: ULTRALYTICS_LOOK,
    because: isGrid ? "three rows for each cell of its grids" : "its family was given", isSure: isGrid || said.nameCount === classCount,
  }];
}

function anchorRows(info: ModelInfo): HeadReader {
  const classCount = info.labels.length;
  const columns = FIRST_CLASS + classCount + extrasOf(info);
  return {
    open: (outputs) => floatOutput(outputs, 0, [1, null, columns]),
    most: ({ dims }) => dims[1]!,
    collect: (output, sieve, candidates) => collect(output, columns, classCount, sieve, candidates),
    readBox({ data }, anchor, box) {
      const at = anchor * columns;
      const [x, y, halfWidth, halfHeight] = [data[at]!, data[at + 1]!, data[at + 2]! / 2, data[at + 3]! / 2];
      box[0] = x - halfWidth;
      box[1] = y - halfHeight;
      box[2] = x + halfWidth;
      box[3] = y + halfHeight;
    },
    readExtras({ data }, anchor, out) {
      // To the letter: the objectness is multiplied into everything behind it.
      const objectness = data[anchor * columns + OBJECTNESS]!;
      for (let i = 0, at = anchor * columns + FIRST_CLASS + classCount; i < out.length; i += 1, at += 1) out[i] = objectness * data[at]!;
    },
  };
}

function collect({ data }: FloatOutput, columns: number, classCount: number, sieve: Sieve, candidates: Candidates): void {
  for (let at = 0, anchor = 0; at < data.length; at += columns, anchor += 1) {
    const objectness = data[at + OBJECTNESS]!;
    // NaN and -Infinity do not pass either: they are looked at.
    if (Math.abs(objectness) <= sieve.conf) continue;
    requireNumber(objectness, "a score");
    if (objectness <= sieve.conf) continue;
    let best = -1;
    let bestScore = -Infinity;
    for (let classId = 0; classId < classCount; classId += 1) {
      const score = Math.fround(objectness * data[at + FIRST_CLASS + classId]!);
      if (score <= bestScore) continue;
      requireNumber(score, "a score");
      bestScore = score;
      best = classId;
    }
    if (bestScore > sieve.conf && sieve.takes(best, bestScore)) candidates.add(bestScore, anchor, best);
  }
}
