import assert from "node:assert/strict";
import { test } from "node:test";
import { detectLimits, letterboxFor, makeDecoder, PLAIN_HEAD, type DetectSettings, type ModelInfo } from "../../src/model/index.js";

const SETTINGS: DetectSettings = { conf: 0.25, iou: 0.45, classes: [], agnostic: false, maxDetections: 300 };
const LABELS = ["person", "car", "dog"];
/** A 128 x 64 picture in a 64 x 64 input: half as large, 16 px of border above and below. */
const RULE = { placement: "centre", rounding: "half-even", padValue: 114 } as const;
const BOX = letterboxFor(RULE, 64, 64, 128, 64);
const MODEL: ModelInfo = {
  id: "m@00000000", sha256: "", path: "", family: "yolov8", task: "detect", head: PLAIN_HEAD, inputName: "images", inputType: "float32", sizeInput: null,
  outputNames: ["output0"], inputWidthPx: 64, inputHeightPx: 64, labels: LABELS, labelsFrom: "metadata", letterbox: RULE, channels: "rgb", scale: 1 / 255,
};
const ANCHORS = 84;

interface Thing {
  /** Centre and size in the picture, px. */
  readonly at: readonly [x: number, y: number, width: number, height: number];
  readonly score: number;
  readonly classId: number;
}

/** Class and middle (x) of what is left of some things. */
function seen(things: readonly Thing[], settings: Partial<DetectSettings>): string[] {
  const data = new Float32Array((4 + LABELS.length) * ANCHORS);
  things.forEach(({ at: [x, y, width, height], score, classId }, i) => {
    [x / 2, y / 2 + 16, width / 2, height / 2].forEach((value, row) => (data[row * ANCHORS + i] = value));
    data[(4 + classId) * ANCHORS + i] = score;
  });
  const { count, boxes, classIds } = makeDecoder(MODEL, detectLimits(LABELS, { ...SETTINGS, ...settings })).decode([{ data, dims: [1, 4 + LABELS.length, ANCHORS] }], BOX);
  return Array.from({ length: count }, (_, i) => `${LABELS[classIds[i]!]} ${(boxes[4 * i]! + boxes[4 * i + 2]!) / 2}`);
}

const STREET: readonly Thing[] = [
  { at: [20, 20, 10, 20], score: 0.9, classId: 0 },
  { at: [60, 40, 40, 20], score: 0.8, classId: 1 },
  { at: [100, 50, 8, 8], score: 0.5, classId: 2 },
  { at: [110, 20, 10, 20], score: 0.4, classId: 0 },
];

test("all of a street is seen without limits", () => {
  assert.deepEqual(seen(STREET, {}), ["person 20", "car 60", "dog 100", "person 110"]);
});

test("a class may have its own least score, above the others' or below", () => {
  assert.deepEqual(seen(STREET, { classConf: { person: 0.5 } }), ["person 20", "car 60", "dog 100"]);
  assert.deepEqual(seen(STREET, { conf: 0.6, classConf: { Dog: 0.3 } }), ["person 20", "car 60", "dog 100"]);
  assert.deepEqual(seen(STREET, { conf: 0.6, classConf: { 0: 0.1 } }), ["person 20", "car 60", "person 110"]);
});

test("classes by name or number; the filter comes before the cut to the best", () => {
  assert.deepEqual(seen(STREET, { classes: ["DOG", 0], maxDetections: 2 }), ["person 20", "dog 100"]);
  assert.deepEqual(seen(STREET, { classes: ["dog"], maxDetections: 1 }), ["dog 100"]);
});

test("an object stands where the middle of its lower edge is: inside a region, outside what is ignored", () => {
  // The right half; the dog's lower edge is at 54 of 64 px = .84, the right person's at 30 = .47.
  const right = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]] as const;
  const lower = [[0, 0.5], [1, 0.5], [1, 1], [0, 1]] as const;
  assert.deepEqual(seen(STREET, { regions: [right] }), ["dog 100", "person 110"]);
  assert.deepEqual(seen(STREET, { regions: [right], ignore: [lower] }), ["person 110"]);
  assert.deepEqual(seen(STREET, { ignore: [right] }), ["person 20", "car 60"]);
  assert.deepEqual(seen(STREET, { regions: [[[0, 0], [0.25, 0], [0.25, 1], [0, 1]], right] }), ["person 20", "dog 100", "person 110"]);
  // Cut off by the picture's edge, it stands on it.
  assert.deepEqual(seen([{ at: [64, 60, 20, 30], score: 0.9, classId: 1 }], { regions: [lower] }), ["car 64"]);
});

test("boxes may have a least and a greatest width and height in the picture's pixels", () => {
  assert.deepEqual(seen(STREET, { minBoxPx: 9 }), ["person 20", "car 60", "person 110"]);
  assert.deepEqual(seen(STREET, { maxBoxPx: 20 }), ["person 20", "dog 100", "person 110"]);
  assert.deepEqual(seen(STREET, { minBoxPx: 9, maxBoxPx: 39 }), ["person 20", "person 110"]);
});

test("what is not wanted where it is still suppresses its doubles, and takes nobody's place", () => {
  const left = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] as const;
  // The better box of the same car stands just in the ignored half, its double just beside it.
  const car: readonly Thing[] = [{ at: [62, 40, 40, 20], score: 0.9, classId: 1 }, { at: [66, 40, 40, 20], score: 0.5, classId: 1 }, { at: [110, 20, 10, 20], score: 0.4, classId: 0 }];
  assert.deepEqual(seen(car, { ignore: [left], maxDetections: 1 }), ["person 110"]);
});

test("a class that the model has not is refused with those that it has", () => {
  const words = (settings: Partial<DetectSettings>) => () => detectLimits(LABELS, { ...SETTINGS, ...settings });
  assert.throws(words({ classes: ["cat"] }), { code: "E_CONFIG", message: /detect\.classes: the model has no class "cat"; it has person, car, dog/ });
  assert.throws(words({ classConf: { 3: 0.5 } }), { code: "E_CONFIG", message: /detect\.classConf: .*"3"/ });
  assert.deepEqual(detectLimits([], { ...SETTINGS, classes: [7] }).classIds, [7]);
});

test("an area of fewer than three corners, in which nothing could stand, is refused by its key", () => {
  const corner = [0, 0] as const;
  assert.throws(() => detectLimits(LABELS, { ...SETTINGS, ignore: [[corner, corner, corner], [corner, corner]] }), { code: "E_CONFIG", message: "detect.ignore[1] has 2 corners; allowed: 3 or more, each [x, y] in shares of the picture" });
});
