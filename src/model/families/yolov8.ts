import type { ModelAdapter, Reading } from "../adapter.js";
import type { Candidates } from "../decode/candidates.js";
import { classifyDecoder } from "../decode/classify.js";
import { floatOutput, requireNumber, type FloatOutput } from "../decode/decoder.js";
import { greedyDecoder, type HeadReader } from "../decode/greedy.js";
import { turnedDecoder } from "../decode/turned-decoder.js";
import { isOne, ofRank, prototypes, taskOf, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type Head, type InputLook, type ModelInfo, type Task } from "../info.js";
import type { Sieve } from "../limits.js";
import { COCO_CLASSES, DOTA_CLASSES, PERSON_POINTS, usualKeypoints } from "../usual.js";

/** Px between the classes in NMS. Source: Ultralytics' `max_wh`. */
export const CLASS_OFFSET_PX = 7680;
/** Rows before the class scores: centre x, centre y, width, height, input px. */
const BOX_ROWS = 4;

/** How Ultralytics' detectors want their pictures. */
export const ULTRALYTICS_LOOK: InputLook = { letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 };
const CLASSIFY_LOOK: InputLook = { letterbox: { placement: "centre-crop", rounding: "truncate", padValue: 0 }, channels: "rgb", scale: 1 / 255 };

/**
 * YOLOv8, v9, 11, 12, v5u and YOLO26's raw head: one output (1, 4 + classes + extras, anchors), channel-first, scores already
 * through the sigmoid, no objectness; extras are mask coefficients, points, or the angle of a turned box. The best class of
 * an anchor counts, strictly above conf; then the class filter; then NMS in input pixels. Classifiers: (1, classes).
 * Source: the rules of Ultralytics' `non_max_suppression` and `scale_boxes`.
 */
export const yolov8: ModelAdapter = {
  family: "yolov8",
  reads: "yolov8 (8, 9, 11, 12, 26 raw: 1 x 4+classes x anchors)",
  recognise: (facts) => [...recogniseBoxes(facts), ...recogniseClassifier(facts)],
  makeDecoder(info, limits) {
    if (info.task === "classify") return classifyDecoder(info.labels.length, limits);
    const reader = channelFirst(info);
    if (info.task === "obb") return turnedDecoder(reader, angleOf(info), limits, CLASS_OFFSET_PX);
    return greedyDecoder(reader, info, limits, { space: "input", edgePx: 0, classOffsetPx: CLASS_OFFSET_PX });
  },
};

function recogniseClassifier({ outputs, hints, said }: HeadFacts): Reading[] {
  const [output] = outputs;
  const [batch, classes] = output?.dims ?? [];
  const isSaid = (hints.task ?? said.task) === "classify" || (hints.family === "yolov8" && hints.task === null && said.task === null);
  if (!output || outputs.length !== 1 || output.dims.length !== 2 || !isOne(batch) || !isSaid) return [];
  const classCount = typeof classes === "number" ? classes : said.nameCount ?? hints.labelCount;
  if (classCount === null) return [];
  return [reading("classify", classCount, PLAIN_HEAD, [output.name], "task classify, one row of class scores", true, CLASSIFY_LOOK)];
}

function recogniseBoxes(facts: HeadFacts): Reading[] {
  const { hints, said, cells } = facts;
  const [output, ...others] = ofRank(facts, 3);
  const [, rows, anchors] = output?.dims ?? [];
  if (!output || others.length > 0 || typeof rows !== "number" || rows <= BOX_ROWS) return [];
  if (said.isEndToEnd === true && hints.family === null) return [];
  const task = taskOf(facts);
  // Heads with a fourth grid have other counts: the operator's or the exporter's word is enough for those.
  const isTold = task !== null || hints.family !== null;
  if (typeof anchors === "number" && (rows >= anchors || (anchors !== cells && !isTold))) return [];
  if (typeof anchors === "string" && !isTold && rows !== BOX_ROWS + COCO_CLASSES && hints.labelCount === null) return [];
  return readingsOf(facts, rows).map(({ task: kind, classCount, head, names = [], because }) =>
    reading(kind, classCount, head, [output.name, ...names], because, isTold || classCount === COCO_CLASSES || classCount === hints.labelCount, ULTRALYTICS_LOOK));
}

interface Guess {
  readonly task: Task;
  readonly classCount: number;
  readonly head: Head;
  readonly names?: readonly string[];
  readonly because: string;
}

/** What so many rows can mean. A second output of mask prototypes is certain; else the task has to be said, or be a usual one. */
function readingsOf(facts: HeadFacts, rows: number): Guess[] {
  const task = taskOf(facts);
  const masks = prototypes(facts);
  const rest = rows - BOX_ROWS;
  const said = task === null ? "the shape of its output" : `task ${task}`;
  if (masks !== undefined && (task === null || task === "segment")) {
    const classCount = rest - masks.count;
    if (classCount < 1 || facts.outputs.length !== 2) return [];
    return [{ task: "segment", classCount, head: { ...PLAIN_HEAD, maskCoefficients: masks.count }, names: [masks.name], because: `${said}, ${masks.count} mask prototypes` }];
  }
  if (facts.outputs.length !== 1) return [];
  const guesses: Guess[] = [];
  if (task === null || task === "detect") guesses.push({ task: "detect", classCount: rest, head: PLAIN_HEAD, because: said });
  if (task === "obb" || (task === null && rest - 1 === DOTA_CLASSES)) guesses.push({ task: "obb", classCount: rest - 1, head: PLAIN_HEAD, because: `${said}, the last row an angle` });
  const points = facts.hints.kptShape ?? facts.said.kptShape ?? usualKeypoints(task, rest, facts.said.nameCount ?? facts.hints.labelCount);
  if (points !== null && (task === "pose" || (task === null && (facts.hints.kptShape !== null || rest === 1 + PERSON_POINTS[0] * PERSON_POINTS[1])))) {
    const [keypoints, keypointValues] = [points[0], points[1] === 2 ? 2 : 3] as const;
    guesses.push({ task: "pose", classCount: rest - keypoints * keypointValues, head: { ...PLAIN_HEAD, keypoints, keypointValues }, because: `${said}, ${keypoints} points` });
  }
  return guesses.filter(({ classCount }) => classCount >= 1);
}

function reading(task: Task, classCount: number, head: Head, outputNames: readonly string[], because: string, isSure: boolean, look: InputLook): Reading {
  return { family: "yolov8", task, classCount, head, outputNames, sizeInput: null, look, because, isSure };
}

/** Values of an anchor behind its class scores. */
export function extrasOf({ task, head: { keypoints, keypointValues, maskCoefficients } }: ModelInfo): number {
  return task === "obb" ? 1 : keypoints * keypointValues + maskCoefficients;
}

/** The angle is the only extra. */
function angleOf(info: ModelInfo): (output: FloatOutput, anchor: number) => number {
  const row = BOX_ROWS + info.labels.length;
  return ({ data, dims }, anchor) => data[row * dims[2]! + anchor]!;
}

function channelFirst(info: ModelInfo): HeadReader {
  const classCount = info.labels.length;
  const extras = extrasOf(info);
  let best = makeBest(0);
  return {
    open: (outputs) => floatOutput(outputs, 0, [1, BOX_ROWS + classCount + extras, null]),
    most: ({ dims }) => dims[2]!,
    collect({ data, dims }, sieve, candidates) {
      const anchors = dims[2]!;
      if (best.scores.length !== anchors) best = makeBest(anchors);
      findBest(data, classCount, sieve.conf, best);
      collect(best, sieve, candidates);
    },
    readBox: ({ data, dims }, anchor, box) => readBox(data, dims[2]!, anchor, box),
    readExtras({ data, dims }, anchor, out) {
      const anchors = dims[2]!;
      for (let i = 0, at = (BOX_ROWS + classCount) * anchors + anchor; i < out.length; i += 1, at += anchors) out[i] = data[at]!;
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
    requireNumber(score, "a score");
    scores[anchor] = score;
    classIds[anchor] = classId;
  } else if (score === -Infinity) requireNumber(score, "a score");
}

function collect({ scores, classIds }: Best, sieve: Sieve, candidates: Candidates): void {
  for (let anchor = 0; anchor < scores.length; anchor += 1) {
    const score = scores[anchor]!;
    if (score <= sieve.conf) continue;
    const classId = classIds[anchor]!;
    if (sieve.takes(classId, score)) candidates.add(score, anchor, classId);
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
