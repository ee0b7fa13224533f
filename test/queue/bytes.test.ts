import assert from "node:assert/strict";
import test from "node:test";
import { encodeAnswer, decodeAnswer } from "../../src/queue/answer.js";
import { decodeAnnouncement, encodeAnnouncement, type Announcement } from "../../src/queue/announcement.js";
import { seal, unseal } from "../../src/queue/envelope.js";
import { decodePart, decodePartRequest, encodePart, encodePartRequest, missingRanges, mostPartBytes } from "../../src/queue/parts.js";
import { modelKey, type ModelTraits } from "../../src/queue/subjects.js";
import { decodeTask, encodeTask, type QueueTask } from "../../src/queue/task.js";
import { taskLimits } from "../../src/pool/index.js";

const MODEL: ModelTraits = { sha256: "ab".repeat(32), family: "yolox", task: "detect", inputWidthPx: 8, inputHeightPx: 8, classes: 3 };
const SESSION = "0123456789abcdef".repeat(2);
const TASK: QueueTask = {
  session: SESSION, task: 7, encoding: "raw", totalBytes: 48,
  letterbox: { scaleX: 0.5, scaleY: 0.5, leftPx: 0, topPx: 3, contentWidthPx: 8, contentHeightPx: 2, inputWidthPx: 8, inputHeightPx: 8, sourceWidthPx: 16, sourceHeightPx: 4 },
  rows: { topPx: 3, heightPx: 2 },
  limits: taskLimits({ conf: 0.25, iou: 0.45, classIds: [0, 2], agnostic: false, maxDetections: 300 }),
};
const FRAME = Uint8Array.from({ length: 48 }, (_, i) => i);

const refusal = (words: RegExp) => (error: Error) => "code" in error && error.code === "E_QUEUE_MESSAGE" && words.test(error.message);
const ascii = (text: string): number[] => [...Buffer.from(text, "latin1")];

test("a message is magic, length, words and bytes, and is taken apart at any offset", () => {
  const message = seal("SLP1", { a: 1 }, Uint8Array.of(9, 8));
  assert.deepEqual([...message], [...ascii("SLP1"), 7, 0, 0, 0, ...ascii('{"a":1}'), 9, 8]);
  const shifted = new Uint8Array(message.length + 3);
  shifted.set(message, 3);
  const { words, bytes } = unseal("SLP1", shifted.subarray(3));
  assert.deepEqual(words, { a: 1 });
  assert.deepEqual([...bytes], [9, 8]);
});

test("what is no message of ours is refused: empty, another magic, words that end behind the message, no JSON", () => {
  const whole = seal("SLT1", { a: 1 });
  assert.throws(() => unseal("SLT1", new Uint8Array(0)), refusal(/begins with "", expected SLT1/));
  assert.throws(() => unseal("SLA1", whole), refusal(/begins with "SLT1", expected SLA1/));
  assert.throws(() => unseal("SLT1", whole.subarray(0, whole.length - 1)), refusal(/words are 7 bytes long, the message has 14/));
  assert.throws(() => unseal("SLT1", Uint8Array.from([...ascii("SLT1"), 255, 255, 255, 255, 0])), refusal(/words are 4294967295 bytes/));
  assert.throws(() => unseal("SLT1", Uint8Array.from([...ascii("SLT1"), 2, 0, 0, 0, ...ascii("{]")])), refusal(/no JSON/));
});

test("a task arrives as it was sent, with all of a frame or as much as fits", () => {
  const whole = decodeTask(encodeTask(TASK, FRAME, 1024), MODEL);
  assert.deepEqual([...whole.first], [...FRAME]);
  assert.equal(whole.answersTo, `sightline.v1.answers.${SESSION}`);
  assert.equal(whole.partsFrom, `sightline.v1.parts.${SESSION}`);
  const { answersTo: _, partsFrom: __, first: ___, ...same } = whole;
  assert.deepEqual(same, TASK);
  const room = encodeTask(TASK, FRAME, 1024).length;
  for (const most of [room - 1, room - 20]) {
    const message = encodeTask(TASK, FRAME, most);
    assert.equal(message.length, most);
    assert.deepEqual([...decodeTask(message, MODEL).first], [...FRAME.subarray(0, 48 - (room - most))]);
  }
});

test("a task that does not fit the model, or lies about its size, is refused", () => {
  const send = (some: Record<string, unknown>, frame = FRAME): Uint8Array => {
    const { limits: { key: _, ...limits }, ...rest } = TASK;
    return seal("SLT1", { ...rest, limits, ...some }, frame);
  };
  assert.doesNotThrow(() => decodeTask(send({}), MODEL));
  const wrong: readonly (readonly [Uint8Array, RegExp])[] = [
    [send({ totalBytes: 49 }), /49 bytes for 48 pixel values/],
    [send({ totalBytes: 48, encoding: "jpeg" }, new Uint8Array(0)), /0 of 48 bytes/],
    [send({ encoding: "jpeg", totalBytes: 10_000_000 }), /10000000 bytes/],
    [send({}, new Uint8Array(49)), /brings 49 of 48/],
    [send({ rows: { topPx: 7, heightPx: 2 } }), /rows 7 \+ 2 of 8/],
    [send({ letterbox: { ...TASK.letterbox, inputWidthPx: 9 } }), /9x8, the model's input is 8x8/],
    [send({ letterbox: { ...TASK.letterbox, scaleX: 0 } }), /letterbox\.scale/],
    [send({ session: "../$JS.API.>" }), /session/],
    [send({ task: -1 }), /task/],
    [send({ more: 1 }), /Unrecognized key/],
    [send({ limits: { conf: 2, iou: 0.45, classIds: null, agnostic: false, maxDetections: 1 } }), /limits\.conf/],
    [send({ limits: { conf: 0.2, iou: 0.45, classIds: [3], agnostic: false, maxDetections: 1 } }), /class 3, the model has 3/],
  ];
  for (const [message, words] of wrong) assert.throws(() => decodeTask(message, MODEL), refusal(words));
});

test("an answer's numbers are little-endian float32 and int32, boxes, scores, classes", () => {
  const answer = { ok: true as const, detections: { count: 1, boxes: Float32Array.of(1, 2, 3, 4), scores: Float32Array.of(0.5), classIds: Int32Array.of(2) }, normaliseMs: 1, inferMs: 2, decodeMs: 3 };
  const message = encodeAnswer({ task: 7, deliveries: 1, answer });
  const words = '{"task":7,"deliveries":1,"ok":true,"count":1,"normaliseMs":1,"inferMs":2,"decodeMs":3}';
  const numbers = [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, 0, 0, 0, 63, 2, 0, 0, 0];
  assert.deepEqual([...message], [...ascii("SLA1"), words.length, 0, 0, 0, ...ascii(words), ...numbers]);
  // The library hands out a Buffer in the middle of what it has read.
  const around = Buffer.concat([Buffer.from("xyz"), message, Buffer.from("more")]);
  assert.deepEqual(decodeAnswer(around.subarray(3, 3 + message.length), 3), { task: 7, deliveries: 1, answer });
  const failed = { task: 8, deliveries: 2, answer: { ok: false as const, error: { code: "E_FRAME_LATE" as const, message: "late" } } };
  assert.deepEqual(decodeAnswer(encodeAnswer(failed), 3), failed);
});

test("an answer that can't be is refused: too short, a class that is none, no number, an unknown error", () => {
  const good = { task: 1, deliveries: 1, ok: true, count: 1, normaliseMs: 1, inferMs: 1, decodeMs: 1 };
  const bytes = (classId: number, x = 1): Uint8Array[] => [new Uint8Array(Float32Array.of(x, 2, 3, 4, 0.5).buffer), new Uint8Array(Int32Array.of(classId).buffer)];
  assert.doesNotThrow(() => decodeAnswer(seal("SLA1", good, ...bytes(2)), 3));
  assert.throws(() => decodeAnswer(seal("SLA1", good, new Uint8Array(23)), 3), refusal(/23 bytes for 1 objects/));
  assert.throws(() => decodeAnswer(seal("SLA1", good, ...bytes(3)), 3), refusal(/class that is none of 3/));
  assert.throws(() => decodeAnswer(seal("SLA1", good, ...bytes(-1)), 3), refusal(/class that is none/));
  assert.throws(() => decodeAnswer(seal("SLA1", good, ...bytes(1, NaN)), 3), refusal(/number that is none/));
  assert.throws(() => decodeAnswer(seal("SLA1", { ...good, count: 1e9 }), 3), refusal(/count/));
  assert.throws(() => decodeAnswer(seal("SLA1", { task: 1, deliveries: 1, ok: false, error: { code: "toString", message: "" } }), 3), refusal(/unknown error/));
});

test("parts cover what is missing without gaps, and are only taken when they answer the question", () => {
  assert.deepEqual(missingRanges(48, 48, 10), []);
  assert.deepEqual(missingRanges(20, 48, 10), [{ from: 20, bytes: 10 }, { from: 30, bytes: 10 }, { from: 40, bytes: 8 }]);
  const asked = { task: 7, from: 20, bytes: 10 };
  assert.deepEqual(decodePartRequest(encodePartRequest(asked)), asked);
  const part = encodePart(asked, FRAME);
  assert.deepEqual([...decodePart(part, asked, 48)!], [...FRAME.subarray(20, 30)]);
  assert.equal(decodePart(encodePart(asked, undefined), asked, 48), undefined);
  assert.throws(() => decodePart(part, { ...asked, from: 30 }, 48), refusal(/another question/));
  assert.throws(() => decodePart(part, { ...asked, task: 8 }, 48), refusal(/another question/));
  assert.throws(() => decodePart(part, asked, 47), refusal(/of 48, expected 10 of 47/));
  assert.throws(() => decodePart(part.subarray(0, part.length - 1), asked, 48), refusal(/9 bytes of 48/));
  assert.throws(() => decodePartRequest(seal("SLP1", { task: 7, from: -1, bytes: 1 })), refusal(/not understood/));
  const most = mostPartBytes(4096);
  assert.ok(encodePart({ task: Number.MAX_SAFE_INTEGER, from: 0, bytes: most }, new Uint8Array(most)).length <= 4096);
});

test("an announcement is read strictly, and models that differ in anything have different keys", () => {
  const said: Announcement = { v: 1, worker: "a/1/ff", host: "a", version: "0.1.0", modelId: "m@abababab", model: MODEL, runtime: "onnxruntime", device: "cpu", precision: "f32", instances: 2, busy: 0, isLeaving: false };
  assert.deepEqual(decodeAnnouncement(encodeAnnouncement(said)), said);
  for (const wrong of [{ ...said, v: 2 }, { ...said, instances: 0 }, { ...said, more: 1 }, { ...said, worker: "x".repeat(300) }, [], null]) {
    assert.throws(() => decodeAnnouncement(Buffer.from(JSON.stringify(wrong))), refusal(/announcement/));
  }
  assert.throws(() => decodeAnnouncement(Buffer.from("hello")), refusal(/no JSON/));
  const keys = [MODEL, { ...MODEL, sha256: "cd".repeat(32) }, { ...MODEL, family: "yolov8" as const }, { ...MODEL, task: "pose" as const }, { ...MODEL, inputWidthPx: 16 }, { ...MODEL, classes: 4 }].map(modelKey);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) assert.match(key, /^[\w-]+$/, "a word of a subject");
});
