import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_TABLE, PipelineError } from "../../src/core/errors.js";
import { unpackRuns } from "../../src/core/mask.js";
import type { DetectionBatch } from "../../src/core/detections.js";
import { FAMILIES, letterboxFor, makeDecoder, MASK_FORMS, PLAIN_HEAD, type DetectLimits, type Family, type Head, type Letterbox, type ModelInfo, type ModelOutput, type Task } from "../../src/model/index.js";
import { frameRecord, recordSchema } from "../../src/wire/index.js";
import { chance } from "../rig/chance.js";

/** 0 (inclusive) to 1. */
export type Random = () => number;

export const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

/** 21 cells in three grids. */
const INPUT_PX = 32;
const CELLS = 21;
const CLASSES = [1, 2, 6, 84];
const PROTOTYPES = 4;
const TASKS_OF: Readonly<Record<Family, readonly Task[]>> = {
  yolov8: ["detect", "segment", "pose", "obb", "classify"], yolov5: ["detect", "segment"], end2end: ["detect", "segment", "pose", "obb"],
  yolox: ["detect"], rtdetr: ["detect"], detr: ["detect"], rfdetr: ["detect"],
};
const BAD = [NaN, Infinity, -Infinity, 1e30, -1e30, 3.4e38, -0, 1e-40, 7, -7];

/** One output, of numbers that are mostly possible and sometimes not. */
type Fill = (length: number) => Float32Array;

function fillOf(random: Random): Fill {
  const [badness, greatest] = [pick(random, [0, 0, 0.001, 0.05, 1]), pick(random, [1, 1, 32, 1e4])];
  return (length) => Float32Array.from({ length }, () => (random() < badness ? pick(random, BAD) : random() * greatest - (greatest > 1 ? greatest / 3 : 0)));
}

function headOf(random: Random, task: Task): Head {
  if (task === "segment") return { ...PLAIN_HEAD, maskCoefficients: PROTOTYPES };
  if (task === "pose") return { ...PLAIN_HEAD, keypoints: pick(random, [1, 5]), keypointValues: pick(random, [2, 3] as const) };
  return { ...PLAIN_HEAD, isDecoded: random() < 0.5 };
}

function outputsOf(random: Random, { family, task, head, labels }: ModelInfo): ModelOutput[] {
  const fill = fillOf(random);
  const make = (...dims: number[]): ModelOutput => ({ data: fill(dims.reduce((product, side) => product * side, 1)), dims });
  const classes = labels.length;
  const extras = task === "obb" ? 1 : head.keypoints * head.keypointValues + head.maskCoefficients;
  const queries = pick(random, [0, 1, 40]);
  const masks = task === "segment" ? [make(1, PROTOTYPES, INPUT_PX / 4, INPUT_PX / 4)] : [];
  switch (family) {
    case "yolov8":
      return task === "classify" ? [make(1, classes)] : [make(1, 4 + classes + extras, CELLS), ...masks];
    case "yolov5":
      return [make(1, 3 * CELLS, 5 + classes + extras), ...masks];
    case "end2end":
      return [make(1, queries, 6 + extras), ...masks];
    case "yolox":
      return [make(1, CELLS, 5 + classes)];
    case "rtdetr":
      return [make(1, queries, head.isDecoded ? 6 : 4 + classes)];
    case "detr": {
      const wild = random() < 0.1;
      return [{ data: BigInt64Array.from({ length: queries }, () => BigInt(Math.floor(random() * classes)) - (wild ? 1n : 0n)), dims: [1, queries] }, make(1, queries, 4), make(1, queries)];
    }
    case "rfdetr":
      return [make(1, queries, 4), make(1, queries, classes)];
  }
}

function limitsOf(random: Random, classes: number): DetectLimits {
  const sometimes = <T extends object>(part: T): T | Record<string, never> => (random() < 0.2 ? part : {});
  return {
    conf: pick(random, [0, 0.001, 0.25, 0.9]), iou: pick(random, [0, 0.45, 1]), agnostic: random() < 0.3, maxDetections: pick(random, [1, 3, 300]),
    classIds: random() < 0.3 ? [Math.floor(random() * classes)] : null,
    ...sometimes({ classConf: [[0, random()]] as const }),
    ...sometimes({ regions: [[[0, 0], [1, 0], [1, 1], [0, 0.5]]] as const }),
    ...sometimes({ ignore: [[[0, 0], [0.5, 0], [0.5, 1]]] as const }),
    ...sometimes({ minBoxPx: random() * 20 }),
    ...sometimes({ maxBoxPx: random() * 200 }),
    masks: pick(random, MASK_FORMS), topClasses: pick(random, [1, 5]),
  };
}

/** One case: outputs of any family. Returns whether they could be read. */
export function fuzzDecode(random: Random, isWritten: boolean): boolean {
  const family = pick(random, FAMILIES);
  const task = pick(random, TASKS_OF[family]);
  const labels = Array.from({ length: pick(random, CLASSES) }, (_, id) => `class${id}`);
  const info: ModelInfo = {
    id: "fuzz@00000000", sha256: "", path: "", family, task, head: headOf(random, task), inputName: "x", inputType: "float32", sizeInput: null,
    outputNames: [], inputWidthPx: INPUT_PX, inputHeightPx: INPUT_PX, labels, labelsFrom: "numbers",
    letterbox: { placement: pick(random, ["centre", "top-left", "stretch"]), rounding: "half-even", padValue: 0 }, channels: "rgb", scale: 1,
  };
  const letterbox = letterboxFor(info.letterbox, INPUT_PX, INPUT_PX, pick(random, [1, 17, 64]), pick(random, [1, 40, 64]));
  const limits = limitsOf(random, labels.length);
  try {
    const batch = makeDecoder(info, limits).decode(outputsOf(random, info), letterbox);
    assertSound(batch, letterbox, limits);
    if (isWritten) assertWritten(batch, letterbox, labels);
    return true;
  } catch (error) {
    if (error instanceof PipelineError && error.code in ERROR_TABLE) return false;
    throw new Error(`${family} ${task}, ${labels.length} classes, ${JSON.stringify(limits)}`, { cause: error });
  }
}

function assertSound(batch: DetectionBatch, { sourceWidthPx, sourceHeightPx }: Letterbox, { maxDetections }: DetectLimits): void {
  const { count, boxes, scores, classIds, corners, keypoints, masks, polygons } = batch;
  assert.ok(count <= maxDetections && scores.length === count && boxes.length === 4 * count && classIds.length === count);
  assert.ok(scores.every((score) => score >= 0 && score <= 1));
  for (const values of [boxes, scores, corners ?? [], keypoints ?? []]) for (const value of values) assert.ok(Number.isFinite(value));
  for (let i = 0; i < boxes.length; i += 1) assert.ok(boxes[i]! >= 0 && boxes[i]! <= (i % 2 === 0 ? sourceWidthPx : sourceHeightPx));
  for (const mask of masks ?? []) assert.ok(unpackRuns(mask, sourceWidthPx * sourceHeightPx), mask);
  for (const rings of polygons ?? []) for (const ring of rings) assert.ok(ring.length >= 6 && ring.every((value) => value >= 0 && value <= Math.max(sourceWidthPx, sourceHeightPx)));
}

/** As a record that its own schema takes. */
function assertWritten(detections: DetectionBatch, { sourceWidthPx, sourceHeightPx }: Letterbox, labels: readonly string[]): void {
  const header = { stream: "s", epoch: 1, frame: 0, ptsMs: null, capturedAtMs: 0, capturedMonoMs: 0, widthPx: sourceWidthPx, heightPx: sourceHeightPx };
  const record = frameRecord(
    { kind: "detected", header, detections, times: { queue: 0, normalise: 0, infer: 0, decode: 0 } },
    { modelId: "m", runtime: "r", labels, publishedAtMs: 0, orderMs: 0, totalMs: 0, skipped: {} },
  );
  recordSchema.parse(JSON.parse(JSON.stringify(record)));
}

/** Every so many batches are also written as a record and held against its schema. */
const WRITTEN_EACH = 20;

/** Outputs of all families from a seed, as a test. */
export function fuzzTest(cases: number, seed: number): void {
  test(`${cases} outputs of all families, many of them nonsense: an error of the table, or numbers that are ones`, () => {
    const random = chance(seed);
    let read = 0;
    for (let i = 0; i < cases; i += 1) if (fuzzDecode(random, i % WRITTEN_EACH === 0)) read += 1;
    // Neither all nonsense nor all sense: else it would prove nothing.
    assert.ok(read > cases / 4 && read < cases, `${read} of ${cases} could be read`);
  });
}
