import assert from "node:assert/strict";
import test from "node:test";
import type { Announcement } from "../../src/queue/announcement.js";
import { emptyRoster, excuseAll, forgetSilent, heard, instancesIn, SILENT_MS } from "../../src/queue/roster.js";
import type { ModelTraits } from "../../src/queue/subjects.js";

const MODEL: ModelTraits = { sha256: "ab".repeat(32), family: "yolov8", task: "detect", inputWidthPx: 32, inputHeightPx: 32, classes: 1 };
const says = (worker: string, some: Partial<Announcement> = {}): Announcement => ({
  v: 1, worker, host: "here", version: "0.1.0", modelId: "m@abababab", model: MODEL, runtime: "onnxruntime", device: "cpu", precision: "f32", instances: 2, busy: 0, isLeaving: false, ...some,
});

test("a worker joins once, counts with its instances, and is gone when it leaves or falls silent", () => {
  const roster = emptyRoster(MODEL);
  assert.deepEqual(heard(roster, says("a"), 0).map(({ type }) => type), ["joined"]);
  assert.deepEqual(heard(roster, says("a"), 1000), []);
  heard(roster, says("b", { instances: 3 }), 1000);
  assert.equal(instancesIn(roster), 5);
  assert.deepEqual(heard(roster, says("b", { isLeaving: true }), 1500).map(({ type }) => type), ["left"]);
  assert.deepEqual(heard(roster, says("b", { isLeaving: true }), 1600), [], "one that has left does not leave again");
  assert.equal(instancesIn(roster), 2);
  assert.deepEqual(forgetSilent(roster, 1000 + SILENT_MS), []);
  assert.deepEqual(forgetSilent(roster, 1001 + SILENT_MS).map(({ worker }) => worker), ["a"]);
  assert.equal(instancesIn(roster), 0);
});

test("a worker with another file, or that reads the same file in another way, carries nothing and is told once", () => {
  const roster = emptyRoster(MODEL);
  const other = says("c", { model: { ...MODEL, sha256: `${"ab".repeat(31)}cd` } });
  assert.deepEqual(heard(roster, other, 0).map(({ type }) => type), ["other"]);
  assert.deepEqual(heard(roster, other, 1000), []);
  assert.deepEqual(heard(roster, says("d", { model: { ...MODEL, classes: 2 } }), 0).map(({ type }) => type), ["other"]);
  assert.equal(instancesIn(roster), 0);
});

test("who could not be heard is not silent", () => {
  const roster = emptyRoster(MODEL);
  heard(roster, says("a"), 0);
  excuseAll(roster, 60_000);
  assert.deepEqual(forgetSilent(roster, 60_000 + SILENT_MS), []);
});
