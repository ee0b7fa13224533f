import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PipelineError } from "../../src/core/errors.js";
import { letterboxFor, makeDecoder, NOTHING_SAID, readOnnxHeader, type ModelInfo, type ValueInfo } from "../../src/model/index.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { requireShared } from "../support/paths.js";
import { fixtureIndex, fixturePath } from "./fixtures.js";
import { asking, describe, DETECT, headerOf, INPUT_640, only, type Dims, type Shapes } from "./shapes.js";

/** Family, task and classes of each fixture. */
const FIXTURES: Readonly<Record<string, readonly [family: string, task: string, classes: number]>> = {
  "yolov8n-det": ["yolov8", "detect", 50],
  "yolov5nu-det": ["yolov8", "detect", 20],
  "yolo11n-det": ["yolov8", "detect", 80],
  "yolo26n-det-raw": ["yolov8", "detect", 80],
  "yolo26n-det-end2end": ["end2end", "detect", 80],
  "yolov8n-det-nms": ["end2end", "detect", 20],
  "yolov8n-seg": ["yolov8", "segment", 20],
  "yolov8n-pose": ["yolov8", "pose", 1],
  "yolov8n-obb": ["yolov8", "obb", 15],
  "yolov8n-cls": ["yolov8", "classify", 20],
  "yolo26n-seg-end2end": ["end2end", "segment", 20],
  "yolo26n-pose-end2end": ["end2end", "pose", 1],
  "yolo26n-obb-end2end": ["end2end", "obb", 15],
  "yolov8n-det-rect": ["yolov8", "detect", 20],
  "yolov8n-det-dynamic": ["yolov8", "detect", 20],
};

test("every fixture is read as what it is by its metadata, without a word to the person", async (t) => {
  if (!requireShared(t)) return;
  const names = fixtureIndex().map(({ name }) => name);
  assert.deepEqual([...names].sort(), Object.keys(FIXTURES).sort());
  for (const name of names) {
    const { info, notices } = await loadModelInfo(fixturePath(name), { labels: null });
    assert.deepEqual([info.family, info.task, info.labels.length], FIXTURES[name], name);
    assert.deepEqual([info.labelsFrom, notices], ["metadata", []], name);
  }
});

test("without its metadata a fixture is read as what it is, or refused, never as something else", (t) => {
  if (!requireShared(t)) return;
  const refused: string[] = [];
  for (const { name } of fixtureIndex()) {
    const bytes = readFileSync(fixturePath(name));
    const source = { sizeBytes: bytes.length, readAt: (offset: number, length: number) => bytes.subarray(offset, offset + length) };
    const header = { ...readOnnxHeader(source), metadata: new Map<string, string>() };
    try {
      const { info } = describe({ outputs: [] }, { header });
      const [family, task] = FIXTURES[name] ?? [];
      assert.deepEqual([info.family, info.task], [family, task], name);
    } catch (error) {
      assert.ok(error instanceof PipelineError && ["E_MODEL_FAMILY", "E_MODEL_AMBIGUOUS"].includes(error.code), `${name}: ${String(error)}`);
      refused.push(name);
    }
  }
  // Of 96 px: as many rows as a grid has cells. The others are a classifier, lookalikes, and one of any size.
  assert.deepEqual(refused.sort(), ["yolo26n-det-end2end", "yolo26n-obb-end2end", "yolo26n-pose-end2end", "yolov8n-cls", "yolov8n-det-dynamic", "yolov8n-obb", "yolov8n-pose"]);
});

test("the eight shape traps: shapes that look alike are told apart", () => {
  const read = (shapes: Shapes) => {
    const { info } = describe(shapes);
    return `${info.family} ${info.task} ${info.labels.length}`;
  };
  // 1: six columns are not end-to-end where there are as many rows as a grid has cells.
  assert.equal(read(only(1, 25200, 6)), "yolov5 detect 1");
  assert.equal(read(only(1, 8400, 6)), "yolox detect 1");
  assert.equal(read(only(1, 300, 6)), "end2end detect 0");
  // 2: six rows are two classes.
  assert.equal(read(only(1, 6, 8400)), "yolov8 detect 2");
  assert.equal(read(only(1, 84, 8400)), "yolov8 detect 80");
  // 3: three rows a cell, or one.
  assert.equal(read(only(1, 25200, 85)), "yolov5 detect 80");
  assert.equal(read(only(1, 8400, 85)), "yolox detect 80");
  assert.equal(read({ input: [1, 3, 416, 416], outputs: [[1, 3549, 85]] }), "yolox detect 80");
  // 4: a second output of prototypes makes masks of what else would be classes.
  const prototypes: Dims = [1, 32, 160, 160];
  assert.equal(read({ outputs: [[1, 116, 8400], prototypes] }), "yolov8 segment 80");
  assert.equal(read(only(1, 116, 8400)), "yolov8 detect 112");
  assert.equal(read({ outputs: [[1, 25200, 117], prototypes] }), "yolov5 segment 80");
  assert.equal(read({ outputs: [[1, 300, 38], prototypes] }), "end2end segment 0");
  // 5: the task in the metadata makes points of what else would be classes.
  assert.equal(read({ ...only(1, 56, 8400), metadata: { ...DETECT, task: "pose", kpt_shape: "[17, 3]", names: "{0: 'person'}" } }), "yolov8 pose 1");
  assert.equal(read({ ...only(1, 56, 8400), metadata: DETECT }), "yolov8 detect 52");
  assert.equal(read({ ...only(1, 14, 8400), metadata: { task: "pose", kpt_shape: "[4, 2]" } }), "yolov8 pose 2");
  // 6: free sides.
  assert.equal(read({ input: ["batch", 3, "height", "width"], outputs: [["batch", 84, "anchors"]], metadata: DETECT }), "yolov8 detect 80");
  // 8: turned boxes, in both heads.
  assert.equal(read({ ...only(1, 20, 8400), metadata: { ...DETECT, task: "obb" } }), "yolov8 obb 15");
  assert.equal(read({ ...only(1, 300, 7), metadata: { ...DETECT, task: "obb", end2end: "True" } }), "end2end obb 0");
  // Others.
  assert.equal(read({ input: [1, 3, 224, 384], outputs: [[1, 8, 1764]] }), "yolov8 detect 4");
  assert.equal(read(only(1, 300, 84)), "rtdetr detect 80");
  assert.equal(read({ ...only(1, 300, 6), metadata: { task: "detect", description: "Ultralytics RTDETR-l model", names: "{0: 'a', 1: 'b'}" } }), "rtdetr detect 2");
  assert.equal(read({ ...only(1, 300, 6), metadata: { ...DETECT, args: "{'nms': True}", names: "{0: 'a', 1: 'b'}" } }), "end2end detect 2");
  assert.equal(read({ ...only(1, 1000), metadata: { task: "classify" } }), "yolov8 classify 1000");
  assert.equal(read({ outputs: [[1, 25200, 85], [1, 3, 80, 80, 85], [1, 3, 40, 40, 85], [1, 3, 20, 20, 85]] }), "yolov5 detect 80");
});

test("7: an input of half precision is one, and says so", () => {
  const header = headerOf(only(1, 84, 8400));
  const [image] = header.inputs;
  assert.ok(image);
  assert.equal(describe({ outputs: [] }, { header: { ...header, inputs: [{ ...image, dtype: "float16" }] } }).info.inputType, "float16");
  const bytes = describe({ outputs: [] }, { header: { ...header, inputs: [{ ...image, dtype: "uint8" }] } }).info;
  assert.deepEqual([bytes.inputType, bytes.scale], ["uint8", 1]);
});

test("two readings are E_MODEL_AMBIGUOUS, which names both and what decides", () => {
  const cases: [Shapes, RegExp][] = [
    [only(1, 56, 8400), /yolov8 detect of 52 classes or as yolov8 pose with 17 points of 1 class; --model-task \(key task\) decides/],
    [only(1, 20, 8400), /yolov8 detect of 16 classes or as yolov8 obb of 15 classes; --model-task/],
    [{ input: [1, 3, 96, 96], outputs: [[1, 189, 6]] }, /end2end detect or as yolox detect of 1 class; --model-family \(key family in a sidecar\) decides/],
    [{ ...only(1, 300, 6), metadata: { ...DETECT, names: "{0: 'a', 1: 'b'}" } }, /end2end detect of 2 classes or as rtdetr detect of 2 classes; --model-family/],
  ];
  for (const [shapes, seen] of cases) assert.throws(() => describe(shapes), { code: "E_MODEL_AMBIGUOUS", message: seen }, JSON.stringify(shapes.outputs));
  // Each can be decided.
  const asked = { family: null, task: null, labels: null, imgsz: null };
  assert.equal(describe(only(1, 56, 8400), { asked: { ...asked, task: "pose" } }).info.labels.length, 1);
  assert.equal(describe(only(1, 56, 8400), { asked: { ...asked, task: "detect" } }).info.labels.length, 52);
  assert.equal(describe(only(1, 20, 8400), asking({ from: "file", labels: [..."abcdefghijklmno"], name: "l.txt" })).info.task, "obb");
  assert.equal(describe({ input: [1, 3, 96, 96], outputs: [[1, 189, 6]] }, { asked: { ...asked, family: "yolox" } }).info.family, "yolox");
  assert.equal(describe(only(1, 300, 6), { asked: { ...asked, family: "rtdetr", labels: { from: "file", labels: ["a", "b"], name: "l.txt" } } }).info.family, "rtdetr");
});

test("two-input DETRs and RF-DETR are known by their inputs and outputs", () => {
  const image = { name: "images", dtype: "float32", dims: INPUT_640 };
  const size = { name: "orig_target_sizes", dtype: "int64", dims: ["N", 2] };
  const three = [{ name: "labels", dtype: "int64", dims: [1, 300] }, { name: "boxes", dtype: "float32", dims: [1, 300, 4] }, { name: "scores", dtype: "float32", dims: [1, 300] }];
  const detr = describe({ outputs: [] }, { header: { ...headerOf(only(1, 1, 1)), inputs: [image, size], outputs: three } });
  assert.deepEqual([detr.info.family, detr.info.sizeInput, detr.info.outputNames, detr.info.letterbox.placement], ["detr", { name: "orig_target_sizes", type: "int64" }, ["labels", "boxes", "scores"], "stretch"]);
  assert.deepEqual([detr.info.labels, detr.notices.length], [[], 1]);
  // In half precision all but the labels are.
  const half = (values: readonly ValueInfo[]) => values.map((value) => (value.dtype === "float32" ? { ...value, dtype: "float16" } : value));
  const halves = describe({ outputs: [] }, { header: { ...headerOf(only(1, 1, 1)), inputs: half([image, size]), outputs: half(three) } }).info;
  assert.deepEqual([halves.family, halves.inputType, halves.outputNames], ["detr", "float16", ["labels", "boxes", "scores"]]);
  const two = [{ name: "dets", dtype: "float32", dims: [1, 300, 4] }, { name: "labels", dtype: "float32", dims: [1, 300, 91] }];
  const rfdetr = describe({ outputs: [] }, { header: { ...headerOf({ input: [1, 3, 560, 560], outputs: [] }), outputs: two } }).info;
  assert.deepEqual([rfdetr.family, rfdetr.labels.length, rfdetr.labels[0], rfdetr.labels[79], rfdetr.head.classMap?.slice(0, 14)], ["rfdetr", 80, "person", "toothbrush", [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, 11]]);
});

test("a DETR that a sidecar has fitted otherwise than stretched gives its boxes from there, and needs whole cells", () => {
  const three = [{ name: "labels", dtype: "int64", dims: [1, 1] }, { name: "boxes", dtype: "float32", dims: [1, 1, 4] }, { name: "scores", dtype: "float32", dims: [1, 1] }];
  const inputs = (side: number) => [{ name: "images", dtype: "float32", dims: [1, 3, side, side] }, { name: "size", dtype: "int64", dims: [1, 2] }];
  const fitted = (placement: "centre" | "stretch", side = 64) =>
    describe({ outputs: [] }, { header: { ...headerOf(only(1, 1, 1)), inputs: inputs(side), outputs: three }, sidecar: { ...NOTHING_SAID, look: { letterbox: { placement } } } }).info;
  // 200 x 100 px become 64 x 32 in the input's middle. What lies at 16 to 48 and 24 to 40 there, the graph tells as shares of the picture's size.
  const outputs = [
    { data: BigInt64Array.of(0n), dims: [1, 1] },
    { data: Float32Array.of(50, 37.5, 150, 62.5), dims: [1, 1, 4] },
    { data: Float32Array.of(0.9), dims: [1, 1] },
  ];
  const boxes = (info: ModelInfo) => [...makeDecoder(info, { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 10 }).decode(outputs, letterboxFor(info.letterbox, 64, 64, 200, 100)).boxes];
  assert.deepEqual(boxes(fitted("stretch")), [50, 37.5, 150, 62.5]);
  assert.deepEqual(boxes(fitted("centre")), [50, 25, 150, 75]);
  assert.equal(fitted("stretch", 70).inputWidthPx, 70);
  assert.throws(() => fitted("centre", 70), { code: "E_MODEL_INPUTS", message: /70x70 px, expected multiples of 32/ });
});

test("what no family reads is refused by what it looks like, with all that is read", () => {
  const refusals: [Shapes, RegExp][] = [
    [only(1, 8400, 84), /transposed/],
    [only(1, 1000), /classifier/],
    [only(1, 84, 8401), /no family/],
    [{ outputs: [[1, 300], [1, 300, 4], [1, 300]] }, /3 outputs/],
    [{ ...only(1, 300, 84), metadata: DETECT }, /DETR/],
    [{ ...only(1, 8400, 85), metadata: DETECT }, /1x8400x85/],
    [{ ...only(1, 84, 8400), metadata: { ...DETECT, args: "{'nms': True}" } }, /no family/],
    [{ ...only(1, 19, 80, 80), metadata: { task: "semantic" } }, /task "semantic", which is none of detect/],
    [only("batch", "rows", "anchors"), /no family/],
  ];
  for (const [shapes, seen] of refusals) {
    assert.throws(() => describe(shapes), { code: "E_MODEL_FAMILY", message: seen }, JSON.stringify(shapes.outputs));
    assert.throws(() => describe(shapes), { message: /supported: yolov8 .*yolov5 .*end2end .*yolox .*rtdetr .*detr .*rfdetr/ });
  }
});
