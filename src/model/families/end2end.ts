import type { ModelAdapter, Reading } from "../adapter.js";
import { classOf, floatOutput, requireClass, requireNumber, requireNumbers, type Decoder } from "../decode/decoder.js";
import { makeFinished } from "../decode/finished.js";
import { makeTurnedBatch } from "../decode/turned-batch.js";
import { ofRank, prototypes, taskOf, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type Head, type ModelInfo, type Task } from "../info.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import { END_TO_END_ROWS, PERSON_POINTS } from "../usual.js";
import { extrasOf, ULTRALYTICS_LOOK } from "./yolov8.js";

/** x1, y1, x2, y2 (of turned boxes: centre x, centre y, width, height), score, class. */
const ROW_VALUES = 6;
const SCORE = 4;
const CLASS = 5;

/**
 * YOLOv10, YOLO26, and what Ultralytics exports with nms=True: (1, rows, 6 + extras), finished boxes in input px, best
 * first, unused rows all zero; extras are mask coefficients, points, or the angle. Score strictly above conf, then the class
 * filter, then the first maxDetections.
 */
export const end2end: ModelAdapter = {
  family: "end2end",
  reads: "end2end (YOLOv10, YOLO26, nms=True: 1 x rows x 6+extras)",
  recognise,
  makeDecoder: (info, limits) => (info.task === "obb" ? turnedRows(info.labels.length, limits) : rows(info, limits)),
};

function recognise(facts: HeadFacts): Reading[] {
  const { hints, said, cells } = facts;
  const [output, ...others] = ofRank(facts, 3);
  const [, count, columns] = output?.dims ?? [];
  if (!output || others.length > 0 || typeof columns !== "number" || columns < ROW_VALUES) return [];
  if (said.words.includes("rtdetr") || said.words.includes("rt-detr")) return [];
  const isTold = said.isEndToEnd === true || hints.family !== null;
  // Its own exporter writes the task, so a shape alone is enough only for what is no grid's.
  if (!isTold && typeof count === "number" && count > END_TO_END_ROWS) return [];
  if (!isTold && typeof count === "string" && taskOf(facts) === null) return [];
  const isGrid = count === cells && !isTold && taskOf(facts) === null;
  const classCount = said.nameCount ?? hints.labelCount;
  return tasksOf(facts, columns).map(({ task, head, names = [] }) => ({
    family: "end2end", task, classCount, head, outputNames: [output.name, ...names], sizeInput: null, look: ULTRALYTICS_LOOK,
    because: isTold || said.task !== null ? `${said.isEndToEnd === true ? "NMS in the graph" : "finished rows"}, task ${task}` : "the shape of its output",
    isSure: !isGrid && (isTold || said.task !== null),
  }));
}

function tasksOf(facts: HeadFacts, columns: number): { task: Task; head: Head; names?: readonly string[] }[] {
  const task = taskOf(facts);
  const extras = columns - ROW_VALUES;
  const masks = prototypes(facts);
  if (masks !== undefined) {
    return (task ?? "segment") === "segment" && extras === masks.count ? [{ task: "segment", head: { ...PLAIN_HEAD, maskCoefficients: extras }, names: [masks.name] }] : [];
  }
  if (facts.outputs.length !== 1) return [];
  if (extras === 0) return (task ?? "detect") === "detect" ? [{ task: "detect", head: PLAIN_HEAD }] : [];
  if (extras === 1) return (task ?? "obb") === "obb" ? [{ task: "obb", head: PLAIN_HEAD }] : [];
  const [points, values] = facts.hints.kptShape ?? facts.said.kptShape ?? PERSON_POINTS;
  if ((task ?? "pose") !== "pose" || points * values !== extras) return [];
  return [{ task: "pose", head: { ...PLAIN_HEAD, keypoints: points, keypointValues: values === 2 ? 2 : 3 } }];
}

function rows(info: ModelInfo, limits: DetectLimits): Decoder {
  const columns = ROW_VALUES + extrasOf(info);
  const finished = makeFinished(info, limits, "input");
  const box = new Float32Array(4);
  return {
    decode(outputs, letterbox) {
      const { data } = floatOutput(outputs, 0, [1, null, columns]);
      finished.clear();
      for (let at = 0, row = 0, room = true; at < data.length && room; at += columns, row += 1) {
        for (let side = 0; side < 4; side += 1) box[side] = data[at + side]!;
        room = finished.offer(box, data[at + SCORE]!, classInRow(data[at + CLASS]!, data[at + SCORE]!), row, letterbox);
      }
      return finished.take(outputs, letterbox, (row, out) => {
        for (let i = 0, at = row * columns + ROW_VALUES; i < out.length; i += 1, at += 1) out[i] = data[at]!;
      });
    },
  };
}

function turnedRows(classCount: number, limits: DetectLimits): Decoder {
  const columns = ROW_VALUES + 1;
  const sieve = makeSieve(limits);
  const batch = makeTurnedBatch(limits);
  const box = new Float32Array(5);
  return {
    decode(outputs, letterbox) {
      const { data } = floatOutput(outputs, 0, [1, null, columns]);
      batch.clear();
      for (let at = 0, room = true; at < data.length && room; at += columns) {
        const score = data[at + SCORE]!;
        requireNumber(score, "a score");
        const classId = classInRow(data[at + CLASS]!, score);
        if (score <= sieve.conf || !sieve.takes(classId, score)) continue;
        requireClass(classId, classCount);
        for (let i = 0; i < 4; i += 1) box[i] = data[at + i]!;
        box[4] = data[at + ROW_VALUES]!;
        requireNumbers(box, "a turned box");
        room = batch.add(box, score, classId, letterbox);
      }
      return batch.take(letterbox);
    },
  };
}

/** The class that stands in a row as a float. What an unused row holds does not count. */
function classInRow(value: number, score: number): number {
  if (score > 0) requireNumber(value, "a class");
  return classOf(value);
}
