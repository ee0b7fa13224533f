import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { letterboxFor, PLAIN_HEAD, makeDecoder, type DetectLimits, type Letterbox, type ModelInfo } from "../../src/model/index.js";
import { loadModelInfo, openRuntimeSession, type RuntimeSession } from "../../src/pool/index.js";
import { requireShared, shared } from "../support/paths.js";
import { resizeLinear, type Picture } from "./opencv-resize.js";

/*
 * The answers in ../shared/oracle are made by the reference's own code with OpenCV's resize. Here the same resize is
 * done anew in whole numbers, so that geometry, decoding and NMS must agree with the reference's closely.
 */

const ORACLE: DetectLimits = { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 300 };
const BOX_TOLERANCE_PX = 0.1;
const SCORE_TOLERANCE = 1e-3;

interface Clip {
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Empty ones, crowded ones, and those where class-aware and agnostic differ. */
  readonly frames: readonly number[];
}

const CLIPS: readonly Clip[] = [
  { name: "car-detection", widthPx: 768, heightPx: 432, frames: [0, 64, 92, 184, 197, 205, 212, 218, 222, 233] },
  { name: "bottle-detection", widthPx: 640, heightPx: 360, frames: [20, 175, 190, 205, 206] },
];

interface OracleObject {
  readonly class_id: number;
  readonly score: number;
  readonly box: readonly [number, number, number, number];
}

function oracle(clip: string, nms: string): OracleObject[][] {
  const lines = readFileSync(shared("oracle", `${clip}.cv2.${nms}.jsonl`), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => (JSON.parse(line) as { detections: OracleObject[] }).detections);
}

/** The frames as the oracle saw them: BGR at source size. */
function framesOf({ name, widthPx, heightPx, frames }: Clip): Picture[] {
  const wanted = frames.map((frame) => `eq(n,${frame})`).join("+");
  const file = shared("clips", `${name}.mp4`);
  const args = [
    "-v",
    "error",
    "-nostdin",
    "-i",
    file,
    "-vf",
    `select='${wanted}'`,
    "-fps_mode",
    "passthrough",
    "-pix_fmt",
    "bgr24",
    "-f",
    "rawvideo",
    "pipe:1",
  ];
  const bytes = execFileSync("ffmpeg", args, { maxBuffer: 64 * 1024 * 1024 });
  const size = widthPx * heightPx * 3;
  assert.equal(bytes.length, size * frames.length);
  return frames.map((_, i) => ({ data: bytes.subarray(i * size, (i + 1) * size), widthPx, heightPx }));
}

/** The reference's `preproc`: grey canvas, picture in the corner, BGR planes of 0..255. */
function feed(session: RuntimeSession, picture: Picture, box: Letterbox): void {
  const small = resizeLinear(picture, box.contentWidthPx, box.contentHeightPx);
  const area = box.inputWidthPx * box.inputHeightPx;
  session.input.fill(114);
  for (let y = 0; y < small.heightPx; y += 1) {
    for (let x = 0; x < small.widthPx; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        session.input[channel * area + y * box.inputWidthPx + x] = small.data[(y * small.widthPx + x) * 3 + channel]!;
      }
    }
  }
}

const cut = (value: number, limit: number) => Math.min(Math.max(value, 0), limit);

for (const clip of CLIPS) {
  test(`${clip.name}: with the reference's resize, the objects are the reference's, class-aware and agnostic`, async (t) => {
    if (!requireShared(t)) return;
    const { info } = await loadModelInfo(shared("models", "yolox_nano.onnx"), { labels: null });
    await using session = await openRuntimeSession({ ...info, intraOpThreads: 1 });
    const box = letterboxFor(info.letterbox, info.inputWidthPx, info.inputHeightPx, clip.widthPx, clip.heightPx);
    const answers = [false, true].map((agnostic) => ({
      expected: oracle(clip.name, agnostic ? "class-agnostic" : "class-aware"),
      decoder: makeDecoder(info, { ...ORACLE, agnostic }),
    }));
    let objects = 0;
    for (const [i, picture] of framesOf(clip).entries()) {
      feed(session, picture, box);
      const both = await session.run((outputs) => answers.map(({ decoder }) => decoder.decode(outputs, box)));
      for (const [which, { expected }] of answers.entries()) {
        const found = both[which]!;
        const wanted = expected[clip.frames[i]!]!;
        assert.equal(found.count, wanted.length, `frame ${clip.frames[i]}`);
        objects += wanted.length;
        for (const [j, object] of wanted.entries()) {
          assert.equal(found.classIds[j], object.class_id);
          assert.ok(Math.abs(found.scores[j]! - object.score) <= SCORE_TOLERANCE);
          // The oracle does not clip its boxes to the picture, we do.
          object.box.forEach((side, k) => {
            const expectedSide = cut(side, k % 2 === 0 ? clip.widthPx : clip.heightPx);
            assert.ok(
              Math.abs(found.boxes[j * 4 + k]! - expectedSide) <= BOX_TOLERANCE_PX,
              `frame ${clip.frames[i]}: ${found.boxes[j * 4 + k]} for ${expectedSide}`,
            );
          });
        }
      }
    }
    assert.ok(objects >= 30);
  });
}

/** One class, 21 anchors on 32x32, source twice that size. Values: x, y, w, h (raw), objectness, two classes. */
const TINY: ModelInfo = {
  id: "tiny@00000000",
  sha256: "0".repeat(64),
  path: "/tiny.onnx",
  family: "yolox",
  task: "detect",
  head: PLAIN_HEAD,
  inputName: "images",
  inputType: "float32",
  sizeInput: null,
  outputNames: ["output"],
  inputWidthPx: 32,
  inputHeightPx: 32,
  labels: ["a", "b"],
  labelsFrom: "numbers",
  letterbox: { placement: "top-left", rounding: "truncate", padValue: 114 },
  channels: "bgr",
  scale: 1,
};
const ANCHORS = 21;
const VALUES = 7;

function tiny(rows: Readonly<Record<number, readonly number[]>>): Float32Array {
  const data = new Float32Array(ANCHORS * VALUES);
  for (const [anchor, values] of Object.entries(rows)) data.set(values, Number(anchor) * VALUES);
  return data;
}

function decodeTiny(
  data: Float32Array,
  limits: Partial<DetectLimits> = {},
  dims: readonly number[] = [1, ANCHORS, VALUES],
) {
  return makeDecoder(TINY, { ...ORACLE, ...limits }).decode(
    [{ data, dims }],
    letterboxFor(TINY.letterbox, 32, 32, 64, 64),
  );
}

test("the raw head is read by the grid of its stride, and one anchor may give several classes", () => {
  // Anchor 5 is column 1, row 1 of the 8 px grid; 16 + 2 = 18 is column 0, row 1 of the 16 px grid; 20 the 32 px cell.
  const data = tiny({
    5: [0.5, 0.25, Math.log(2), 0, 1, 0.75, 0.5],
    18: [0.5, 0, 0, 0, 0.5, 0, 0.75],
    20: [0, 0, 0, 0, 0.5, 0.5, 0.5],
  });
  const found = decodeTiny(data);
  assert.deepEqual([...found.scores], [0.75, 0.5, 0.375]);
  assert.deepEqual([...found.classIds], [0, 1, 1]);
  // 0.375 is above conf, and the scores of exactly 0.25 at anchor 20 are not.
  const expected = [8, 12, 40, 28, 8, 12, 40, 28, 0, 16, 32, 48];
  found.boxes.forEach((side, i) => assert.ok(Math.abs(side - expected[i]!) < 1e-4, `${side} for ${expected[i]}`));
  assert.deepEqual([...decodeTiny(data, { agnostic: true }).classIds], [0, 1]);
  assert.deepEqual([...decodeTiny(data, { classIds: [1] }).scores], [0.5, 0.375]);
});

test("NaN and infinite values that count end as E_MODEL_OUTPUT", () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    for (const agnostic of [false, true]) {
      assert.throws(() => decodeTiny(new Float32Array(ANCHORS * VALUES).fill(value), { agnostic }), {
        code: "E_MODEL_OUTPUT",
      });
      assert.throws(() => decodeTiny(tiny({ 3: [0, 0, 0, 0, value, 0.9, 0] }), { agnostic }), {
        code: "E_MODEL_OUTPUT",
      });
      assert.throws(() => decodeTiny(tiny({ 3: [0, 0, 0, 0, 0.9, 0.9, value] }), { agnostic }), {
        code: "E_MODEL_OUTPUT",
      });
      assert.throws(() => decodeTiny(tiny({ 3: [value, 0, 0, 0, 0.9, 0.9, 0] }), { agnostic }), {
        code: "E_MODEL_OUTPUT",
      });
    }
  }
  assert.throws(() => decodeTiny(tiny({ 3: [0, 0, 500, 0, 0.9, 0.9, 0] })), {
    code: "E_MODEL_OUTPUT",
    message: /anchor 3/,
  });
});

test("an output of another shape ends as E_MODEL_OUTPUT", () => {
  assert.throws(() => decodeTiny(tiny({}), {}, [1, VALUES, ANCHORS]), {
    code: "E_MODEL_OUTPUT",
    message: /1x7x21, expected 1x21x7/,
  });
});
