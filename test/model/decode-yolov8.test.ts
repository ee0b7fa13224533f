import assert from "node:assert/strict";
import { test } from "node:test";
import { letterboxFor, PLAIN_HEAD, makeDecoder, type DetectLimits, type ModelInfo } from "../../src/model/index.js";
import { requireShared } from "../support/paths.js";
import { expectedObjects, fixtureIndex, fixtureInfo, FRAME40, readFloats } from "./fixtures.js";

/* The answers are those of Ultralytics 8.4 for its own exports, and so are the raw outputs: no resize is in the way. */

/** All fixtures with the anchor-free, channel-first head: 8, 11, the anchor-free 5 and the raw head of 26. */
const FIXTURES = [
  "yolov8n-det",
  "yolo11n-det",
  "yolov5nu-det",
  "yolo26n-det-raw",
  "yolov8n-det-rect",
  "yolov8n-det-dynamic",
];
/** How the answers were made. */
const ORACLE: DetectLimits = { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 300 };
const BOX_TOLERANCE_PX = 0.5;
const SCORE_TOLERANCE = 1e-3;
/** Scores closer than this may change places. */
const TIE = 1e-4;

interface Raw {
  readonly info: ModelInfo;
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

async function rawOf(name: string): Promise<Raw> {
  const entry = fixtureIndex().find((fixture) => fixture.name === name);
  assert.ok(entry);
  const [, , inputHeightPx = 0, inputWidthPx = 0] = entry.raw.frame40.input_shape;
  const info = { ...(await fixtureInfo(name)), inputWidthPx, inputHeightPx };
  return { info, data: readFloats("fixtures", `${name}.frame40.out0.f32`), dims: entry.raw.frame40.outputs[0] ?? [] };
}

function decode({ info, data, dims }: Raw, limits: DetectLimits) {
  const box = letterboxFor(info.letterbox, info.inputWidthPx, info.inputHeightPx, FRAME40.widthPx, FRAME40.heightPx);
  return makeDecoder(info, limits).decode([{ data, dims }], box);
}

for (const name of FIXTURES) {
  for (const conf of ["0.001", "0.25"] as const) {
    test(`${name} above ${conf}: the objects are the authors' own, in their order`, async (t) => {
      if (!requireShared(t)) return;
      const found = decode(await rawOf(name), { ...ORACLE, conf: Number(conf) });
      const expected = expectedObjects(name, conf);
      assert.ok(expected.length >= 10);
      assert.equal(found.count, expected.length);
      for (const [i, object] of expected.entries()) {
        const near = [i, i - 1, i + 1].find((j) => {
          const sameBox = object.xyxy.every(
            (side, k) => Math.abs(side - (found.boxes[j * 4 + k] ?? Infinity)) <= BOX_TOLERANCE_PX,
          );
          const moved = j === i || Math.abs((found.scores[j] ?? Infinity) - (found.scores[i] ?? Infinity)) < TIE;
          return (
            sameBox &&
            moved &&
            found.classIds[j] === object.cls &&
            Math.abs(found.scores[j]! - object.conf) <= SCORE_TOLERANCE
          );
        });
        assert.notEqual(near, undefined, `object ${i} (${JSON.stringify(object)}) was not found in its place`);
      }
    });
  }
}

test("a class filter comes before the limit on objects, and leaves the others as they were", async (t) => {
  if (!requireShared(t)) return;
  const raw = await rawOf("yolov8n-det");
  const all = decode(raw, { ...ORACLE, conf: 0.001 });
  const wanted = all.classIds.at(-1)!;
  const filtered = decode(raw, { ...ORACLE, conf: 0.001, classIds: [wanted], maxDetections: 3 });
  const expected = [...all.scores].filter((_, i) => all.classIds[i] === wanted).slice(0, 3);
  assert.deepEqual([...filtered.scores], expected);
  assert.ok([...filtered.classIds].every((id) => id === wanted));
});

test("agnostic keeps a subset: boxes that a better one of another class covers are gone", async (t) => {
  if (!requireShared(t)) return;
  const raw = await rawOf("yolov8n-det");
  const aware = decode(raw, { ...ORACLE, conf: 0.001 });
  const agnostic = decode(raw, { ...ORACLE, conf: 0.001, agnostic: true });
  assert.ok(agnostic.count < aware.count && agnostic.count > 0);
  assert.equal(agnostic.scores[0], aware.scores[0]);
});

/** Two classes, 21 anchors on 32x32, source of the same size. Rows: cx, cy, w, h, class 0, class 1. */
const TINY: ModelInfo = {
  id: "tiny@00000000",
  sha256: "0".repeat(64),
  path: "/tiny.onnx",
  family: "yolov8",
  task: "detect",
  head: PLAIN_HEAD,
  inputName: "images",
  inputType: "float32",
  sizeInput: null,
  outputNames: ["output0"],
  inputWidthPx: 32,
  inputHeightPx: 32,
  labels: ["a", "b"],
  labelsFrom: "numbers",
  letterbox: { placement: "centre", rounding: "half-even", padValue: 114 },
  channels: "rgb",
  scale: 1 / 255,
};
const ANCHORS = 21;

function tiny(rows: Readonly<Record<number, readonly number[]>>): Float32Array {
  const data = new Float32Array(6 * ANCHORS);
  for (const [anchor, values] of Object.entries(rows))
    values.forEach((value, row) => (data[row * ANCHORS + Number(anchor)] = value));
  return data;
}

function decodeTiny(data: Float32Array, limits: Partial<DetectLimits> = {}, dims: readonly number[] = [1, 6, ANCHORS]) {
  return makeDecoder(TINY, { ...ORACLE, ...limits }).decode(
    [{ data, dims }],
    letterboxFor(TINY.letterbox, 32, 32, 32, 32),
  );
}

test("a score must be above conf, only the best class of an anchor counts, and boxes end at the picture's edge", () => {
  const data = tiny({ 0: [4, 4, 20, 6, 0.5, 0.75], 1: [16, 16, 2, 2, 0.25, 0], 20: [30, 30, 2, 8, 0.375, 0.375] });
  const found = decodeTiny(data);
  assert.deepEqual([...found.scores], [0.75, 0.375]);
  assert.deepEqual([...found.classIds], [1, 0]);
  assert.deepEqual([...found.boxes], [0, 1, 14, 7, 29, 26, 31, 32]);
});

test("a frame without objects gives empty arrays of its own each time", () => {
  const decoder = makeDecoder(TINY, ORACLE);
  const outputs = [{ data: tiny({}), dims: [1, 6, ANCHORS] }];
  const box = letterboxFor(TINY.letterbox, 32, 32, 32, 32);
  const [first, second] = [decoder.decode(outputs, box), decoder.decode(outputs, box)];
  assert.deepEqual([first.count, first.boxes.length, first.scores.length, first.classIds.length], [0, 0, 0, 0]);
  assert.notEqual(first.boxes.buffer, second.boxes.buffer);
});

test("a decoder remembers nothing of the frame before, also when the number of anchors changes", () => {
  const decoder = makeDecoder(TINY, ORACLE);
  const box = letterboxFor(TINY.letterbox, 32, 32, 32, 32);
  const busy = { data: tiny({ 3: [8, 8, 4, 4, 0.9, 0] }), dims: [1, 6, ANCHORS] };
  assert.equal(decoder.decode([busy], box).count, 1);
  assert.equal(decoder.decode([{ data: new Float32Array(6 * 84), dims: [1, 6, 84] }], box).count, 0);
  assert.equal(decoder.decode([{ data: tiny({}), dims: [1, 6, ANCHORS] }], box).count, 0);
  assert.equal(decoder.decode([busy], box).count, 1);
});

test("NaN and infinite values end as E_MODEL_OUTPUT, in scores and in boxes that count", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    assert.throws(() => decodeTiny(new Float32Array(6 * ANCHORS).fill(value)), { code: "E_MODEL_OUTPUT" });
    for (const anchor of [0, 7, 20]) {
      assert.throws(() => decodeTiny(tiny({ [anchor]: [8, 8, 4, 4, 0, value] })), { code: "E_MODEL_OUTPUT" });
      assert.throws(() => decodeTiny(tiny({ [anchor]: [8, value, 4, 4, 0.9, 0] })), { code: "E_MODEL_OUTPUT" });
    }
  }
});

test("outputs of another shape or number end as E_MODEL_OUTPUT, naming both shapes", () => {
  const data = tiny({});
  assert.throws(() => decodeTiny(data, {}, [1, ANCHORS, 6]), {
    code: "E_MODEL_OUTPUT",
    message: /1x21x6, expected 1x6xN/,
  });
  assert.throws(() => decodeTiny(data, {}, [1, 6, 22]), { code: "E_MODEL_OUTPUT" });
  assert.throws(() => decodeTiny(data, {}, [6, ANCHORS]), { code: "E_MODEL_OUTPUT" });
  const box = letterboxFor(TINY.letterbox, 32, 32, 32, 32);
  assert.throws(() => makeDecoder(TINY, ORACLE).decode([], box), { code: "E_MODEL_OUTPUT", message: /missing/ });
});
