import assert from "node:assert/strict";
import { test } from "node:test";
import { observe, pipeline, settingsSchema, type PipelineError, type FrameRecord, type WireRecord } from "../../src/index.js";
import { project } from "../support/paths.js";

const NUMBERED = { sources: ["test:numbered?frames=60"], inference: { workers: 2 } };
const framesOf = (records: readonly WireRecord[]): FrameRecord[] => records.filter((record) => record.type === "frame");
const all = Array.from({ length: 60 }, (_, frame) => frame);

test("as an async iterator: each frame once and in order, at the loop's own pace", async () => {
  const frames: number[] = [];
  for await (const record of pipeline({ ...NUMBERED, maxWaiting: 2 })) {
    if (record.type === "frame") frames.push(record.frame);
    if (frames.length % 10 === 0) for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(frames, all);
});

test("as an Observable: the same records, from the same description; observe() takes whole settings", async () => {
  const described = pipeline(NUMBERED);
  for (const source of [described, observe(settingsSchema.parse(NUMBERED))]) {
    const records: WireRecord[] = [];
    await source.forEach((record) => records.push(record));
    assert.deepEqual(framesOf(records).map(({ frame }) => frame), all);
    assert.ok(framesOf(records).every(({ outcome }) => outcome === "detected"));
  }
});

test("leaving the loop stops the run; aborting lets what is under way come and then ends it", async () => {
  for await (const record of pipeline({ sources: ["test:numbered?frames=50000"], inference: { workers: 1 } })) if (record.type === "frame" && record.frame === 5) break;
  const stop = new AbortController();
  const frames: number[] = [];
  for await (const record of pipeline({ sources: ["test:numbered?frames=50000"], inference: { workers: 1 }, signal: stop.signal })) {
    if (record.type === "frame") frames.push(record.frame);
    if (frames.length === 5) stop.abort();
  }
  assert.deepEqual(frames, Array.from({ length: frames.length }, (_, frame) => frame));
  assert.ok(frames.length >= 5 && frames.length < 1000, `${frames.length} frames`);
});

test("a slow loop over a live source loses frames and is told which", async () => {
  const covered: number[] = [];
  let frames = 0;
  for await (const record of pipeline({ sources: [project("samples", "street.mp4")], source: { realtime: true }, maxWaiting: 2, inference: { workers: 1 } })) {
    if (record.type === "gap") for (let frame = record.fromFrame; frame <= record.toFrame; frame += 1) covered.push(frame);
    if (record.type !== "frame") continue;
    covered.push(record.frame);
    if ((frames += 1) === 4) break;
    // The loop's slowness is what is tested: there is nothing to wait for.
    await new Promise((resolve) => setTimeout(resolve, 400));
  }
  const looked = covered.filter((frame, i) => covered.indexOf(frame) === i);
  assert.deepEqual(covered, looked, "a frame came twice");
  assert.deepEqual(covered, [...covered].sort((a, b) => a - b));
  assert.ok(covered.length > 4, `no gap among ${covered.join()}`);
});

test("wrong options and sources that can't be opened end it with their code", async () => {
  assert.throws(() => pipeline({ sources: ["a.mp4"], inference: { workers: -1 } }), (error: PipelineError) => error.code === "E_CONFIG" && /inference\.workers/.test(error.message));
  await assert.rejects(pipeline({ sources: ["nowhere.mp4"] })[Symbol.asyncIterator]().next(), { code: "E_SOURCE_MISSING" });
  await assert.rejects(pipeline({ sources: ["nowhere.mp4"] }).forEach(() => undefined), { code: "E_SOURCE_MISSING" });
});
