import assert from "node:assert/strict";
import { test } from "node:test";
import { thinned, type EmptyFrames } from "../../src/log/thin.js";
import { directSink } from "../../src/sinks/index.js";
import { frameRecord, published, stateRecord, type FrameRecord, type WireRecord } from "../../src/wire/index.js";
import { chance } from "../rig/chance.js";
import { manualClock } from "../support/manual-clock.js";
import { context, detected, header } from "../wire/records.js";

const BOX = [1, 2, 3, 4];
/** [frame, is there an object?, skipped before it] */
type Told = readonly [frame: number, hasObject: boolean, skipped?: number];

const recordOf = ([frame, hasObject, busy = 0]: Told, epoch = 1): FrameRecord =>
  frameRecord(detected(header(frame, { epoch }), hasObject ? BOX : []), { ...context, skipped: busy > 0 ? { busy } : {} });

/** What is written of the records, each 40 ms after the one before. */
async function through(rule: EmptyFrames, records: readonly WireRecord[], heartbeatMs = 1000): Promise<WireRecord[]> {
  const written: WireRecord[] = [];
  const clock = manualClock();
  {
    await using sink = thinned(directSink("x", ({ record, line }) => {
      assert.deepEqual(JSON.parse(line), record);
      written.push(record);
    }), rule, heartbeatMs, clock);
    for (const record of records) {
      sink.write(published(record));
      clock.advance(40);
    }
  }
  return written;
}

const short = (records: readonly WireRecord[]): unknown[] =>
  records.map((record) => (record.type === "frame" ? [record.frame, record.objects.length, record.emptyBefore ?? 0, record.skipped?.busy ?? 0] : record.type));

test("none: what was left out is told by the next record, and the last one is written at the end", async () => {
  const told: Told[] = [[0, false], [1, false], [4, false, 2], [5, true], [6, true], [7, false], [9, false, 1], [10, false]];
  assert.deepEqual(short(await through("none", told.map((one) => recordOf(one)))), [[5, 1, 3, 2], [6, 1, 0, 0], [10, 0, 2, 1]]);
});

test("heartbeat: the first empty frame and one each second", async () => {
  const told = Array.from({ length: 60 }, (_, frame): Told => [frame, false]);
  assert.deepEqual(short(await through("heartbeat", told.map((one) => recordOf(one)))), [[0, 0, 0, 0], [25, 0, 24, 0], [50, 0, 24, 0], [59, 0, 8, 0]]);
});

test("a change of epoch or state lets the last one out first; failed frames are never left out", async () => {
  const state = stateRecord("gate", { state: "reconnecting", epoch: 1 }, 0);
  const failed = frameRecord({ kind: "failed", header: header(3), error: { code: "E_INFERENCE_FAILED", message: "x" } }, context);
  const all = [recordOf([0, false]), recordOf([1, false]), state, recordOf([2, false]), failed, recordOf([4, false]), recordOf([5, true], 2)];
  assert.deepEqual(short(await through("none", all)), [[1, 0, 1, 0], "state", [3, 0, 1, 0], [4, 0, 0, 0], [5, 1, 0, 0]]);
});

test("still frames are left out like empty ones, and told apart from them", async () => {
  const still = (frame: number, unchangedSince: number): FrameRecord => ({ ...recordOf([frame, false]), outcome: "still", unchangedSince });
  const all = [recordOf([0, true]), still(1, 0), still(2, 0), recordOf([3, false]), still(4, 3), recordOf([5, true]), still(6, 5)];
  const told = (records: readonly WireRecord[]): unknown[] => (records as FrameRecord[]).map(({ frame, outcome, emptyBefore = 0, stillBefore = 0 }) => [frame, outcome, emptyBefore, stillBefore]);
  // The last one is written at the end, as it is.
  assert.deepEqual(told(await through("none", all)), [[0, "detected", 0, 0], [5, "detected", 1, 3], [6, "still", 0, 0]]);
  assert.deepEqual(told(await through("heartbeat", all, 80)), [[0, "detected", 0, 0], [2, "still", 0, 1], [4, "still", 1, 0], [5, "detected", 0, 0], [6, "still", 0, 0]]);
  assert.equal((await through("all", all)).length, all.length);
});

test("whatever comes, frames and skipped ones add up to the same, by rule and seed", async () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const random = chance(seed);
    let frame = 0;
    const told = Array.from({ length: 200 }, (): Told => {
      const skipped = random() < 0.2 ? Math.ceil(random() * 5) : 0;
      frame += 1 + skipped;
      return [frame - 1, random() < 0.3, skipped];
    });
    for (const rule of ["all", "heartbeat", "none"] as const) {
      const written = (await through(rule, told.map((one) => recordOf(one)))) as FrameRecord[];
      const looked = written.reduce((sum, { emptyBefore = 0 }) => sum + emptyBefore + 1, 0);
      const skipped = written.reduce((sum, record) => sum + (record.skipped?.busy ?? 0), 0);
      assert.deepEqual([looked, looked + skipped, written.at(-1)?.frame], [200, frame, frame - 1], `seed ${seed}, ${rule}`);
      assert.equal(written.filter(({ objects }) => objects.length > 0).length, told.filter(([, hasObject]) => hasObject).length);
    }
  }
});
