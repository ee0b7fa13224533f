import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { detectionBatch } from "../../src/core/detections.js";
import { OUTCOMES, SKIP_CAUSES, type FrameOutcome } from "../../src/core/frame.js";
import {
  frameRecord,
  gapTally,
  recordSchema,
  recordSchemaText,
  statsRecord,
  toLine,
  type WireRecord,
} from "../../src/wire/index.js";
import { CAPTURED_AT_MS, context, detected, header, stats } from "./records.js";

const SEED = 20261121;
const MADE_RECORDS = 500;

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { "date-time": true } });
const matches = ajv.compile(JSON.parse(recordSchemaText()) as object);

/** Both judges must agree that the line is a record. */
function assertValid(record: WireRecord): void {
  const read: unknown = JSON.parse(toLine(record));
  assert.deepEqual(recordSchema.parse(read), read);
  assert.ok(matches(read), ajv.errorsText(matches.errors));
}

const headers = fc
  .record({
    stream: fc.string({ minLength: 1 }),
    epoch: fc.integer({ min: 1, max: 1e6 }),
    frame: fc.nat(),
    ptsMs: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e12 })),
    widthPx: fc.integer({ min: 1, max: 8192 }),
    heightPx: fc.integer({ min: 1, max: 8192 }),
  })
  .map(({ frame, ...more }) => header(frame, more));

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const times = fc.record({
  queue: fc.double({ min: -0.001, max: 1e6, noNaN: true }),
  normalise: unit,
  infer: unit,
  decode: unit,
});
const objects = fc.array(fc.record({ score: unit, classId: fc.nat(200), box: fc.tuple(unit, unit, unit, unit) }), { maxLength: 30 });

const outcomes: fc.Arbitrary<FrameOutcome> = fc
  .tuple(fc.constantFrom(...OUTCOMES), headers, objects, times, fc.string())
  .map(([kind, at, seen, stages, message]) => {
    if (kind === "still") return { kind, header: at };
    if (kind !== "detected") return { kind, header: at, error: { code: "E_INFERENCE_FAILED", message } };
    const boxes = seen.flatMap(({ box: [x1, y1, x2, y2] }) => [
      Math.min(x1, x2) * at.widthPx,
      Math.min(y1, y2) * at.heightPx,
      Math.max(x1, x2) * at.widthPx,
      Math.max(y1, y2) * at.heightPx,
    ]);
    const detections = detectionBatch(
      Float32Array.from(boxes),
      Float32Array.from(seen, ({ score }) => score),
      Int32Array.from(seen, ({ classId }) => classId),
    );
    return { kind, header: at, detections, times: stages };
  });

test("every frame record that can be made is one by zod and by the published JSON Schema", () => {
  const skips = fc.record(Object.fromEntries(SKIP_CAUSES.map((cause) => [cause, fc.nat(9)])));
  fc.assert(
    fc.property(outcomes, skips, (outcome, skipped) => assertValid(frameRecord(outcome, { ...context, skipped }))),
    { seed: SEED, numRuns: MADE_RECORDS },
  );
});

test("stats, gap and state records are records by both judges", () => {
  assertValid(statsRecord(stats, CAPTURED_AT_MS));
  assertValid(statsRecord({ ...stats, state: "failed", expectedFrames: 377, error: { code: "E_FFMPEG_ENDED", message: "killed" } }, 0));
  const tally = gapTally("subscriber_slow");
  tally.lose(frameRecord(detected(header(5)), context));
  assertValid(tally.take("gate", CAPTURED_AT_MS)!);
  assertValid({
    v: 1,
    type: "state",
    stream: "gate",
    epoch: 4,
    state: "reconnecting",
    reason: "E_SOURCE_EMPTY",
    message: "no frame for 10 s",
    attempt: 3,
    retryInMs: 4000,
    at: "2026-11-20T10:00:00.123Z",
  });
});

test("both judges refuse what is no record", () => {
  const good = frameRecord(detected(header(1), [1, 2, 3, 4]), context);
  const wrong: [string, object][] = [
    ["an unknown key", { ...good, colour: "red" }],
    ["another version", { ...good, v: 2 }],
    ["an outcome that does not exist", { ...good, outcome: "skipped" }],
    ["a missing key", { ...good, objects: undefined }],
    ["a score above 1", { ...good, objects: [{ ...good.objects[0], score: 1.5 }] }],
    ["a box of three numbers", { ...good, objects: [{ ...good.objects[0], box: [1, 2, 3] }] }],
    ["a frame number that is not whole", { ...good, frame: 1.5 }],
    ["a time of day without milliseconds", { ...good, capturedAt: "2026-11-20T10:00:00Z" }],
    ["a cause that does not exist", { ...good, skipped: { bored: 1 } }],
    ["a count of 0 skipped frames", { ...good, skipped: { busy: 0 } }],
  ];
  for (const [what, record] of wrong) {
    const read: unknown = JSON.parse(JSON.stringify(record));
    assert.equal(recordSchema.safeParse(read).success, false, `zod let through ${what}`);
    assert.equal(matches(read), false, `the JSON Schema let through ${what}`);
  }
});
