import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRuns, passagesOf, type Passage } from "../../src/bench/gate-compare.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { frameLine, type LiteralObject } from "../support/frame-lines.js";

/** A car that drives 4 px a frame, 40 ms between two. */
const car = (frame: number): LiteralObject => [2, "car", 0.9, [4 * frame, 0, 4 * frame + 100, 50]];
const person: LiteralObject = [0, "person", 0.9, [400, 100, 440, 200]];

const looked = (frame: number, objects: readonly LiteralObject[] = []): FrameRecord => JSON.parse(frameLine(frame, objects)) as FrameRecord;
const still = (frame: number, since: number): FrameRecord => JSON.parse(frameLine(frame, [], { outcome: "still", unchangedSince: since })) as FrameRecord;
const frames = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const passage = (object: (frame: number) => LiteralObject, from: number, to: number): Passage => ({ label: object(from)[1], boxes: new Map(frames(from, to).map((frame) => [frame, object(frame)[3]])) });
/** Without a gate both are seen in every frame from 10 on. */
const PLAIN = frames(0, 40).map((frame) => looked(frame, frame < 10 ? [] : [car(frame), person]));
const PASSAGES = [passage(car, 10, 40), passage(() => person, 10, 40)];

test("what a gate finds with its first look, or shows as still there, is neither late nor missed", () => {
  // A look at 12, 80 ms later: the car has moved by 8 px of 100, the person stands.
  const gated = frames(0, 40).map((frame) => (frame === 12 ? looked(12, [car(12), person]) : still(frame, frame < 12 ? 0 : 12)));
  assert.deepEqual(compareRuns(PASSAGES, PLAIN, gated, 200), { passages: 2, late: 0, missed: 0, longestMs: 80 });
  assert.deepEqual(compareRuns(PASSAGES, PLAIN, gated, 40), { passages: 2, late: 2, missed: 0, longestMs: 80 });
});

test("what is told elsewhere is not found: late, missed, and not counted where a run without a gate did not see it either", () => {
  // At 35 the person is seen, a car far off where it is, and nothing else ever.
  const gated = frames(0, 40).map((frame) => (frame === 35 ? looked(35, [[2, "car", 0.9, [500, 0, 600, 50]], person]) : still(frame, 0)));
  assert.deepEqual(compareRuns(PASSAGES, PLAIN, gated, 200), { passages: 2, late: 1, missed: 1, longestMs: 1000 });
  const unseen = passage(() => [5, "bus", 1, [0, 300, 100, 350]], 0, 40);
  assert.equal(compareRuns([unseen], PLAIN, gated, 200).passages, 0);
});

test("objects of a run are linked over short absences, and a detector's blinking is none", () => {
  const blinking: LiteralObject = [5, "bus", 0.4, [0, 300, 100, 350]];
  const records = PLAIN.map((record) => (record.frame === 20 ? looked(20, [person, blinking]) : record));
  assert.deepEqual(passagesOf(records).map(({ label, boxes }) => [label, boxes.size, [...boxes.keys()][0]]), [["car", 29, 10], ["person", 30, 10]]);
  // Away for longer: another one.
  const away = PLAIN.filter(({ frame }) => frame < 16 || frame > 32);
  assert.deepEqual(passagesOf(away).map(({ label, boxes }) => [label, boxes.size]), [["car", 6], ["person", 6], ["car", 7], ["person", 7]]);
});
