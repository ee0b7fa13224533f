import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { DetectionBatch } from "../../src/core/detections.js";
import type { RuntimeWish } from "../../src/core/devices.js";
import type { DetectLimits, LetterboxRule, ModelInfo } from "../../src/model/index.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { project } from "../support/paths.js";
import { BOTH_RUNTIMES } from "../support/runtimes.js";
import { maskOf } from "./coco-mask.js";
import { judge, judgeClasses, type Expected } from "./judge.js";
import { runAndDecode } from "./references.js";
import { TINY_LABELS, TINY_PICTURE, tinyBytes, tinyModels } from "./tiny-models.js";

/*
 * One suite for all families: each is recognised, asks for its own pre-processing, finds the same two objects in the same
 * picture, and obeys the same limits. The models are our own (tiny-models.ts) and are committed: nothing else is needed.
 */

const folder = project("test", "model", "tiny");
const pathOf = (name: string): string => project("test", "model", "tiny", `${name}.onnx`);

interface Case {
  readonly family: ModelInfo["family"];
  readonly task: ModelInfo["task"];
  readonly look: keyof typeof LOOKS;
  /** No metadata names its classes. */
  readonly isUnnamed?: boolean;
}

/** What each family wants its picture to be. */
const LOOKS = {
  ultralytics: { letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 },
  bytes: { letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 },
  crop: { letterbox: { placement: "centre-crop" }, channels: "rgb", scale: 1 / 255 },
  stretch: { letterbox: { placement: "stretch" }, channels: "rgb", scale: 1 / 255 },
  imagenet: { letterbox: { placement: "stretch" }, channels: "rgb", scale: 1 / 255, normalisation: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
  yolox: { letterbox: { placement: "top-left", rounding: "truncate", padValue: 114 }, channels: "bgr", scale: 1 },
} as const;

const CASES: Readonly<Record<string, Case>> = {
  "yolov8-detect": { family: "yolov8", task: "detect", look: "ultralytics" },
  "yolov8-segment": { family: "yolov8", task: "segment", look: "ultralytics" },
  "yolov8-pose": { family: "yolov8", task: "pose", look: "ultralytics" },
  "yolov8-obb": { family: "yolov8", task: "obb", look: "ultralytics" },
  "yolov8-classify": { family: "yolov8", task: "classify", look: "crop" },
  "yolov8-detect-f16": { family: "yolov8", task: "detect", look: "ultralytics" },
  "yolov8-detect-u8": { family: "yolov8", task: "detect", look: "bytes" },
  "yolov8-detect-dynamic": { family: "yolov8", task: "detect", look: "ultralytics" },
  "yolov5-detect": { family: "yolov5", task: "detect", look: "ultralytics" },
  "yolov5-segment": { family: "yolov5", task: "segment", look: "ultralytics" },
  "end2end-detect": { family: "end2end", task: "detect", look: "ultralytics" },
  "end2end-segment": { family: "end2end", task: "segment", look: "ultralytics" },
  "end2end-pose": { family: "end2end", task: "pose", look: "ultralytics" },
  "end2end-obb": { family: "end2end", task: "obb", look: "ultralytics" },
  "nms-detect": { family: "end2end", task: "detect", look: "ultralytics" },
  yolox: { family: "yolox", task: "detect", look: "yolox", isUnnamed: true },
  "yolox-decoded": { family: "yolox", task: "detect", look: "yolox", isUnnamed: true },
  rtdetr: { family: "rtdetr", task: "detect", look: "stretch" },
  "rtdetr-classes": { family: "rtdetr", task: "detect", look: "stretch" },
  rfdetr: { family: "rfdetr", task: "detect", look: "imagenet", isUnnamed: true },
  detr: { family: "detr", task: "detect", look: "stretch", isUnnamed: true },
  "detr-float-size": { family: "detr", task: "detect", look: "stretch", isUnnamed: true },
};

/* What is in the picture, written by hand. */

const BUS = { cls: 1, conf: 0.9, xyxy: [16, 8, 48, 40] };
const CAR = { cls: 0, conf: 0.6, xyxy: [80, 16, 112, 48] };
const OBJECTS: Readonly<Record<Exclude<ModelInfo["task"], "classify">, readonly [Expected, Expected]>> = {
  detect: [BUS, CAR],
  segment: [{ ...BUS, maskArea: 32 * 32 }, { ...CAR, maskArea: 16 * 32 }],
  pose: [
    { ...BUS, keypoints: [20, 12, 0.875, 32, 24, 0.5, 44, 36, 0.25] },
    { ...CAR, keypoints: [84, 20, 1, 96, 32, 0.75, 108, 44, 0] },
  ],
  // 40 x 20 px around (64, 32), turned by 30 degrees; 16 x 16 px around (104, 48).
  obb: [
    { cls: 1, conf: 0.9, xyxy: [41.68, 13.34, 86.32, 50.66], corners: [76.32, 50.66, 86.32, 33.34, 51.68, 13.34, 41.68, 30.66] },
    { cls: 0, conf: 0.6, xyxy: [96, 40, 112, 56], corners: [112, 56, 112, 40, 96, 40, 96, 56] },
  ],
};
/** Left, top, right, bottom of the two masks. */
const MASKS = [[16, 8, 48, 40], [80, 16, 96, 48]] as const;

const ORACLE: DetectLimits = { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 300 };

/** Limits, and which of the two objects they leave. */
const FILTERS: readonly (readonly [string, Partial<DetectLimits>, readonly (0 | 1)[]])[] = [
  ["nothing but the usual", {}, [0, 1]],
  ["a higher conf", { conf: 0.7 }, [0]],
  ["a conf for one class", { classConf: [[1, 0.95]] }, [1]],
  ["a class, before the limit on objects", { classIds: [0], maxDetections: 1 }, [1]],
  ["a limit on objects", { maxDetections: 1 }, [0]],
  ["no such class", { classIds: [2] }, []],
  ["a conf that nothing exceeds", { conf: 0.95 }, []],
  ["a region, before the limit on objects", { regions: [[[0.6, 0], [1, 0], [1, 1], [0.6, 1]]], maxDetections: 1 }, [1]],
  ["a region to ignore", { ignore: [[[0.6, 0], [1, 0], [1, 1], [0.6, 1]]] }, [0]],
  ["a least size that none has", { minBoxPx: 60 }, []],
  ["a greatest size", { maxBoxPx: 8 }, []],
];

async function infoOf(name: string): Promise<ModelInfo> {
  const isUnnamed = CASES[name]?.isUnnamed ?? false;
  const imgsz = name.endsWith("dynamic") ? 64 : null;
  return (await loadModelInfo(pathOf(name), { labels: isUnnamed ? project("test", "model", "tiny", "labels.txt") : null, imgsz })).info;
}

const runOn = (wish: RuntimeWish) => (info: ModelInfo, limits: readonly DetectLimits[]): Promise<DetectionBatch[]> =>
  runAndDecode(info, new Float32Array(3 * info.inputWidthPx * info.inputHeightPx), TINY_PICTURE, limits, wish);

/** onnxruntime's binding can't be given half precision where Node has an array for it; then the model is refused in words. */
const isHalfRefused = (info: ModelInfo, { runtime }: RuntimeWish): boolean => runtime !== "openvino" && info.inputType === "float16" && "Float16Array" in globalThis;

test("the committed models are what their generator makes, one for each family and task", () => {
  for (const model of tinyModels()) {
    const made = tinyBytes(model);
    if (process.env["UPDATE_GENERATED"] === "1") writeFileSync(pathOf(model.name), made);
    assert.ok(readFileSync(pathOf(model.name)).equals(made), `${model.name}: UPDATE_GENERATED=1 npm test -- model/contract writes it anew`);
  }
  const files = readdirSync(folder).filter((name) => name.endsWith(".onnx")).sort();
  assert.deepEqual(files, Object.keys(CASES).map((name) => `${name}.onnx`).sort());
});

for (const [name, { family, task, look, isUnnamed = false }] of Object.entries(CASES)) {
  test(`${name}: family, task, labels and pre-processing are found out`, async () => {
    const info = await infoOf(name);
    assert.deepEqual([info.family, info.task, info.labels, info.labelsFrom], [family, task, TINY_LABELS, isUnnamed ? "file" : "metadata"]);
    const wanted: { letterbox: Partial<LetterboxRule> } = LOOKS[look];
    assert.deepEqual({ ...wanted, ...info, letterbox: { ...info.letterbox, ...wanted.letterbox } }, { ...info, ...wanted, letterbox: info.letterbox });
    assert.deepEqual(info.normalisation !== undefined, look === "imagenet");
    assert.deepEqual([info.inputWidthPx, info.inputHeightPx], [64, 64]);
  });
}

const withObjects = Object.entries(CASES).filter(([, { task }]) => task !== "classify");

/** Heads that leave the suppression to us: their bus is there twice, 1 px apart. */
const RAW_HEADS = Object.entries(CASES).filter(([name, { family, task }]) => ["yolov8", "yolov5", "yolox"].includes(family) && task !== "classify" && !name.endsWith("f16"));

/** What a task's objects have beyond boxes. */
const PARTS: Readonly<Record<ModelInfo["task"], readonly string[]>> = { detect: [], segment: ["masks"], pose: ["keypoints"], obb: ["corners"], classify: ["topClasses"] };
const partsOf = (batch: DetectionBatch): string[] => Object.entries(batch).filter(([key, value]) => !["count", "boxes", "scores", "classIds"].includes(key) && value !== undefined).map(([key]) => key);

for (const { name: runtime, wish, skip } of BOTH_RUNTIMES) describe(`with ${runtime}`, { skip }, () => {
  const run = runOn(wish);

  for (const [name, { task }] of withObjects) {
    test(`${name}: finds the objects where they are in the picture, and obeys every limit`, async () => {
      const info = await infoOf(name);
      const limits = FILTERS.map(([, part]) => ({ ...ORACLE, ...part }));
      if (isHalfRefused(info, wish)) return assert.rejects(run(info, limits), { code: "E_MODEL_INPUTS" });
      const found = await run(info, limits);
      const objects = OBJECTS[task as keyof typeof OBJECTS];
      for (const [i, [what, , left]] of FILTERS.entries()) {
        assert.deepEqual(judge(found[i]!, left.map((each) => objects[each]), TINY_PICTURE), [], what);
        assert.deepEqual([found[i]!.boxes.length, found[i]!.scores.length, found[i]!.classIds.length], [left.length * 4, left.length, left.length]);
      }
      assert.deepEqual(partsOf(found[0]!), PARTS[task]);
    });
  }

  test("of two that overlap the better one is kept, both where more overlap is allowed, and finished heads are left alone", async () => {
    for (const [name] of withObjects.filter(([each]) => !each.endsWith("f16"))) {
      const info = await infoOf(name);
      const [usual, loose] = await run(info, [ORACLE, { ...ORACLE, iou: 0.9999 }]);
      const twins = RAW_HEADS.some(([raw]) => raw === name) ? [0.9, 0.7, 0.6] : [0.9, 0.6];
      assert.deepEqual([usual!, loose!].map(({ scores }) => Array.from(scores, (score) => Number(score.toFixed(5)))), [[0.9, 0.6], twins], name);
    }
  });

  for (const name of ["yolov8-segment", "yolov5-segment", "end2end-segment"]) {
    test(`${name}: masks are right to the pixel, as run lengths and as outlines`, async () => {
      const info = await infoOf(name);
      const [plain, both, none] = await run(info, [ORACLE, { ...ORACLE, masks: "both" }, { ...ORACLE, masks: "none" }]);
      const { widthPx, heightPx } = TINY_PICTURE;
      for (const [i, [left, top, right, bottom]] of MASKS.entries()) {
        const expected = Uint8Array.from({ length: widthPx * heightPx }, (_, at) => {
          const [x, y] = [Math.floor(at / heightPx), at % heightPx];
          return x >= left && x < right && y >= top && y < bottom ? 1 : 0;
        });
        for (const batch of [plain!, both!]) assert.deepEqual(maskOf(batch.masks![i]!, widthPx, heightPx), expected);
        const [ring, ...others] = both!.polygons![i]!;
        assert.equal(others.length, 0);
        const [xs, ys] = [0, 1].map((axis) => Array.from(ring!).filter((_, at) => at % 2 === axis));
        const edges = [Math.min(...xs!), Math.min(...ys!), Math.max(...xs!), Math.max(...ys!)];
        // An outline may run along the pixels' middles or their edges.
        [left, top, right, bottom].forEach((edge, side) => assert.ok(Math.abs(edges[side]! - edge) <= 1, `${edges.join(" ")}`));
      }
      assert.deepEqual([plain!.polygons, none!.masks, none!.polygons], [undefined, undefined, undefined]);
    });
  }

  test("yolov8-classify: the whole picture with its best classes, best first, as many as are wanted", async () => {
    const info = await infoOf("yolov8-classify");
    const [all, two, one, unsure, none] = await run(info, [ORACLE, { ...ORACLE, topClasses: 2 }, { ...ORACLE, classIds: [0, 2], conf: 0.2 }, { ...ORACLE, conf: 0.7, classConf: [[1, 0.9]] }, { ...ORACLE, classIds: [] }]);
    assert.deepEqual(judgeClasses(all!, [0.25, 0.625, 0.125]), []);
    assert.deepEqual([...all!.boxes], [0, 0, TINY_PICTURE.widthPx, TINY_PICTURE.heightPx]);
    assert.deepEqual([...all!.classIds, ...all!.scores, ...all!.topClasses!.classIds, ...all!.topClasses!.scores], [1, 0.625, 1, 0, 2, 0.625, 0.25, 0.125]);
    assert.deepEqual([two!.topClasses!.perObject, ...two!.topClasses!.classIds], [2, 1, 0]);
    assert.deepEqual([...one!.classIds, ...one!.topClasses!.classIds], [0, 0, 2]);
    // However unsure it is, what it is most likely is the answer; a least score is for objects.
    assert.deepEqual(unsure, all);
    assert.deepEqual([none!.count, none!.boxes.length], [0, 0]);
  });
});
