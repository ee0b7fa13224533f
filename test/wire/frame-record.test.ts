import assert from "node:assert/strict";
import { test } from "node:test";
import { detectionBatch } from "../../src/core/detections.js";
import { frameRecord, toLine } from "../../src/wire/index.js";
import { context, detected, header } from "./records.js";

test("a detected frame becomes exactly this line", () => {
  const at = header(1841, { epoch: 3, ptsMs: 61366.6999 });
  const outcome = detected(at, [614.24, 300.06, 702.9, 371.44]);
  const record = frameRecord(outcome, { ...context, skipped: { busy: 2, too_old: 0 } });
  assert.equal(
    toLine(record),
    '{"v":1,"type":"frame","stream":"gate","epoch":3,"frame":1841,"outcome":"detected","ptsMs":61366.7,' +
      '"capturedAt":"2026-11-20T10:00:00.123Z","publishedAt":"2026-11-20T10:00:00.171Z","widthPx":1920,"heightPx":1080,' +
      '"model":"yolox_nano@695e750a","runtime":"onnxruntime/cpu/f32",' +
      '"timesMs":{"queue":1.23,"normalise":0.5,"infer":17.9,"decode":0.3,"order":0.4,"total":48},"skipped":{"busy":2},' +
      '"objects":[{"classId":2,"label":"car","score":0.91,"box":[614.2,300.1,702.9,371.4]}]}',
  );
});

test("a frame in which nothing was seen has an empty list, and no word of skipped frames when there are none", () => {
  const record = frameRecord(detected(header(0)), context);
  assert.deepEqual(record.objects, []);
  assert.equal("skipped" in record, false);
  assert.equal("error" in record, false);
});

for (const kind of ["failed", "late", "aborted"] as const) {
  test(`a frame that ended as ${kind} says why, has no objects and only the times it lived through`, () => {
    const error = { code: "E_INFERENCE_FAILED", message: "the output holds NaN" } as const;
    const record = frameRecord({ kind, header: header(7, { ptsMs: null }), error }, context);
    assert.equal(record.outcome, kind);
    assert.equal(record.ptsMs, null);
    assert.deepEqual(record.error, { code: "E_INFERENCE_FAILED", message: "the output holds NaN" });
    assert.deepEqual(record.objects, []);
    assert.deepEqual(record.timesMs, { order: 0.4, total: 48 });
  });
}

test("a class beyond the labels is named by its number", () => {
  const record = frameRecord(detected(header(0), [1, 2, 3, 4], 9), context);
  assert.equal(record.objects[0]?.label, "9");
});

test("rounding gives no negative zero and stays inside the picture", () => {
  const detections = detectionBatch(
    Float32Array.of(-0.01, 0.04, 1920, 1080),
    Float32Array.of(0.99996),
    Int32Array.of(0),
  );
  const outcome = { ...detected(header(0)), detections } as const;
  const [object] = frameRecord(outcome, context).objects;
  assert.deepEqual(object, { classId: 0, label: "person", score: 1, box: [0, 0, 1920, 1080] });
  assert.equal(Object.is(object.box[0], 0), true);
});

test("a record of twenty objects is shorter than 3 kB", () => {
  const box = [1614.2, 1000.1, 1702.9, 1071.4];
  const record = frameRecord(detected(header(123456), Array.from({ length: 20 }, () => box).flat()), context);
  assert.equal(record.objects.length, 20);
  assert.ok(Buffer.byteLength(toLine(record)) < 3000, `${Buffer.byteLength(toLine(record))} bytes`);
});
