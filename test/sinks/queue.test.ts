import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { recordQueue } from "../../src/sinks/index.js";
import type { WireRecord } from "../../src/wire/index.js";
import { manualClock } from "../support/manual-clock.js";
import { publishedFrame } from "../wire/records.js";

const numbersOf = (records: readonly WireRecord[]): string[] =>
  records.map((record) => (record.type === "frame" ? String(record.frame) : record.type === "gap" ? `gap ${record.fromFrame}..${record.toFrame} (${record.records})` : record.type));

test("a live stream's reader that comes late gets the newest, and is told what it lost", async () => {
  const queue = recordQueue({ maxWaiting: 2, waits: () => false }, manualClock());
  for (let frame = 0; frame < 5; frame += 1) assert.equal(queue.write(publishedFrame(frame)), true);
  queue.end();
  const records: WireRecord[] = [];
  for await (const record of queue.records()) records.push(record);
  assert.deepEqual(numbersOf(records), ["gap 0..2 (3)", "3", "4"]);
});

test("a file's stream is held back until its reader has taken some, and loses nothing", async () => {
  const queue = recordQueue({ maxWaiting: 2, waits: () => true }, manualClock());
  const told = [0, 1, 2].map((frame) => queue.write(publishedFrame(frame)));
  assert.deepEqual(told, [true, false, false]);
  let ready = false;
  void queue.ready().then(() => (ready = true));
  const records = queue.records();
  assert.deepEqual(numbersOf([(await records.next()).value as WireRecord]), ["0"]);
  assert.equal(ready, false);
  assert.deepEqual(numbersOf([(await records.next()).value as WireRecord]), ["1"]);
  await queue.ready();
  queue.end(new Error("over"));
  assert.deepEqual(numbersOf([(await records.next()).value as WireRecord]), ["2"]);
  await assert.rejects(records.next(), /over/);
});

test("whoever waits for room is let go when the reader has left", async () => {
  const queue = recordQueue({ maxWaiting: 1, waits: () => true }, manualClock());
  queue.write(publishedFrame(0));
  const waiting = queue.ready();
  queue.end();
  await waiting;
  assert.equal(queue.write(publishedFrame(1)), true);
});

test("whatever the pace, a live reader gets each frame or is told that it is lost, in order", async () => {
  const paces = fc.asyncProperty(fc.array(fc.nat(6), { maxLength: 20 }), fc.integer({ min: 1, max: 4 }), async (bursts, maxWaiting) => {
    const queue = recordQueue({ maxWaiting, waits: () => false }, manualClock());
    const records = queue.records();
    const covered: number[] = [];
    let frame = 0;
    const take = ({ value }: IteratorResult<WireRecord, void>): void => {
      if (value?.type === "frame") covered.push(value.frame);
      if (value?.type === "gap") for (let lost = value.fromFrame; lost <= value.toFrame; lost += 1) covered.push(lost);
    };
    for (const burst of bursts) {
      for (let i = 0; i < burst; i += 1) queue.write(publishedFrame(frame++));
      if (burst > 0) take(await records.next());
    }
    queue.end();
    for (let one = await records.next(); !one.done; one = await records.next()) take(one);
    assert.deepEqual(covered, Array.from({ length: frame }, (_, i) => i));
  });
  await fc.assert(paces, { seed: 7, numRuns: 200 });
});
