import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COCO_LABELS, NOTHING_SAID, parseLabelsFile, type ModelFacts, type OnnxHeader } from "../../src/model/index.js";
import { requireShared, shared } from "../support/paths.js";
import { asking, describe, DETECT, headerOf, INPUT_640, only, type Shapes } from "./shapes.js";

test("the sidecar's family decides where the shape allows it, and never against the shape", () => {
  const sidecar = (family: "yolov8" | "yolox") => ({ sidecar: { ...NOTHING_SAID, family } });
  assert.equal(describe(only(1, 8400, 84), sidecar("yolox")).info.labels.length, 79);
  assert.deepEqual(describe(only(1, 6, 8400), sidecar("yolov8")).notices.length, 1);
  assert.throws(() => describe(only(1, 84, 8400), sidecar("yolox")), {
    code: "E_MODEL_FAMILY",
    message: /family yolox was said/,
  });
  assert.throws(() => describe(only(1, 8400, 85), sidecar("yolov8")), {
    code: "E_MODEL_FAMILY",
    message: /family yolov8 was said/,
  });
});

test("each family has its own letterbox, channels and scale", () => {
  const yolov8 = describe(only(1, 84, 8400)).info;
  assert.deepEqual(
    [yolov8.letterbox, yolov8.channels, yolov8.scale],
    [{ placement: "centre", rounding: "half-even", padValue: 114 }, "rgb", 1 / 255],
  );
  const yolox = describe(only(1, 8400, 85)).info;
  assert.deepEqual(
    [yolox.letterbox, yolox.channels, yolox.scale],
    [{ placement: "top-left", rounding: "truncate", padValue: 114 }, "bgr", 1],
  );
  assert.deepEqual([yolov8.id, yolov8.inputName, yolov8.outputNames], ["model@01234567", "images", ["output0"]]);
});

test("inputs that are not one float32 picture end as E_MODEL_INPUTS", () => {
  const image = { name: "images", dtype: "float32", dims: INPUT_640 };
  const cases: [OnnxHeader["inputs"], RegExp][] = [
    [[], /0 inputs; seen: none/],
    [
      [image, { name: "orig_target_sizes", dtype: "int64", dims: [1, 2] }],
      /2 inputs, yolov8 has 1; seen: images.*orig_target_sizes int64 1x2/,
    ],
    [[{ ...image, dtype: "float64" }], /float64/],
    [[{ ...image, dims: [1, 640, 640, 3] }], /1x640x640x3/],
    [[{ ...image, dims: [4, 3, 640, 640] }], /4x3x640x640/],
    [[{ ...image, dims: [1, 1, 640, 640] }], /1x1x640x640/],
    [[{ ...image, dims: [1, 3, 640] }], /1x3x640/],
    [[{ ...image, dims: [1, 3, 650, 640] }], /640x650 px, expected multiples of 32/],
    [[{ ...image, dims: [1, 3, 3_200_000, 640] }], /up to 8192/],
  ];
  for (const [inputs, message] of cases) {
    const header = { ...headerOf(only(1, 84, 8400)), inputs };
    assert.throws(() => describe({ outputs: [] }, { header }), { code: "E_MODEL_INPUTS", message });
  }
});

test("a model of any size takes the sidecar's, the metadata's or 640 px, the last with a notice", () => {
  const free: Shapes = { input: ["batch", 3, "height", "width"], outputs: [["batch", 84, "anchors"]] };
  const sizeOf = (shapes: Shapes, imgsz: readonly [number, number] | null) => {
    const { info, notices } = describe(shapes, { sidecar: { ...NOTHING_SAID, family: "yolov8", labels: { from: "coco" }, imgsz } });
    return [info.inputHeightPx, info.inputWidthPx, notices.length];
  };
  const withSize = { ...free, metadata: { ...DETECT, imgsz: "[224, 384]" } };
  assert.deepEqual(sizeOf(withSize, null), [224, 384, 0]);
  assert.deepEqual(sizeOf(withSize, [320, 640]), [320, 640, 0]);
  assert.deepEqual(sizeOf({ ...free, metadata: { imgsz: "416" } }, null), [416, 416, 0]);
  assert.deepEqual(sizeOf(free, null), [640, 640, 1]);
  assert.deepEqual(sizeOf({ ...free, metadata: { imgsz: "['a', 3]" } }, null), [640, 640, 1]);
  assert.throws(() => sizeOf(only(1, 84, 8400), [320, 352]), {
    code: "E_MODEL_INPUTS",
    message: /imgsz \[320, 352\] \(height, width\), that is 352x320 px; the model's input is fixed at 640x640 px/,
  });
  assert.throws(() => sizeOf(free, [100, 320]), { code: "E_MODEL_INPUTS" });
});

test("labels: the operator's before the sidecar's before the model's, then COCO's for 80, then numbers, each said once", () => {
  const named = { ...only(1, 6, 8400), metadata: { ...DETECT, names: "{0: 'cat', 1: \"it's\"}" } };
  const sidecar = {
    ...NOTHING_SAID,
    labels: { from: "sidecar", labels: ["s", "t"], name: "m.yaml" },
  } as const;
  const labelsOf = (shapes: Shapes, given: Partial<ModelFacts> = {}) => {
    const { info, notices } = describe(shapes, given);
    return [info.labels, info.labelsFrom, notices.length];
  };
  assert.deepEqual(labelsOf(named), [["cat", "it's"], "metadata", 0]);
  assert.deepEqual(labelsOf(named, { sidecar }), [["s", "t"], "sidecar", 0]);
  assert.deepEqual(labelsOf(named, { sidecar, ...asking({ from: "file", labels: ["f", "g"], name: "l.txt" }) }), [
    ["f", "g"],
    "file",
    0,
  ]);
  assert.deepEqual(labelsOf({ ...only(1, 6, 8400), metadata: DETECT }), [["0", "1"], "numbers", 1]);
  assert.deepEqual(labelsOf(only(1, 8400, 85)), [COCO_LABELS, "coco", 1]);
  assert.deepEqual(labelsOf(only(1, 8400, 85), asking({ from: "coco" })), [COCO_LABELS, "coco", 0]);
  assert.deepEqual(labelsOf({ ...only(1, 6, 8400), metadata: { ...DETECT, names: "['a', 'b']" } }), [
    ["a", "b"],
    "metadata",
    0,
  ]);
  assert.deepEqual(labelsOf({ ...only(1, 6, 8400), metadata: { ...DETECT, names: "{1: 'b'}" } }), [
    ["0", "b"],
    "metadata",
    0,
  ]);
  assert.deepEqual(labelsOf({ ...only(1, 6, 8400), metadata: { ...DETECT, names: "{'a': 1}" } }), [
    ["0", "1"],
    "numbers",
    1,
  ]);
});

test("a wrong number of labels is E_LABELS and says both numbers", () => {
  const wrong: [Partial<ModelFacts>, RegExp][] = [
    [asking({ from: "coco" }), /COCO has 80 labels, the model has 2 classes/],
    [asking({ from: "file", labels: ["a"], name: "l.txt" }), /l\.txt has 1 labels/],
  ];
  const shapes = { ...only(1, 6, 8400), metadata: DETECT };
  for (const [given, message] of wrong) assert.throws(() => describe(shapes, given), { code: "E_LABELS", message });
  assert.throws(() => describe({ ...shapes, metadata: { ...DETECT, names: "['a']" } }), {
    code: "E_LABELS",
    message: /metadata has 1 labels/,
  });
});

test("COCO's labels are those of another list of the same order, but for six other spellings", (t) => {
  if (!requireShared(t)) return;
  const voc = readFileSync(shared("models", "yolox_nano.labels.txt"), "utf8").trim().split("\n");
  const others = COCO_LABELS.flatMap((label, i) => (label === voc[i] ? [] : [[label, voc[i]]]));
  assert.deepEqual(others, [
    ["motorcycle", "motorbike"],
    ["airplane", "aeroplane"],
    ["couch", "sofa"],
    ["potted plant", "pottedplant"],
    ["dining table", "diningtable"],
    ["tv", "tvmonitor"],
  ]);
  assert.equal(COCO_LABELS.length, 80);
});

test("a labels file is read line by line whatever its line ends, and holds no gaps", () => {
  assert.deepEqual(parseLabelsFile("\uFEFFcat\r\ntraffic light \r\n\r\n", "l.txt"), ["cat", "traffic light"]);
  assert.throws(() => parseLabelsFile("cat\n\ndog\n", "l.txt"), {
    code: "E_LABELS",
    message: "l.txt has no label on line 2",
  });
  assert.throws(() => parseLabelsFile("\n", "l.txt"), { code: "E_LABELS" });
});
