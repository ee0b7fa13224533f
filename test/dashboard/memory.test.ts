import assert from "node:assert/strict";
import { test } from "node:test";
import { pairHistory } from "../../src/dashboard/history.js";
import { latencyWindow, stagesOf, totalOf } from "../../src/dashboard/latency.js";
import { rate } from "../../src/dashboard/rate.js";
import { boundedList } from "../../src/dashboard/store.js";
import { BUCKETS, timeline } from "../../src/dashboard/timeline.js";
import { trails } from "../../src/dashboard/trails.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { publishedFrame } from "../wire/records.js";

const BOX = [100, 100, 200, 300];
const record = (frame: number, more: Partial<FrameRecord> = {}): FrameRecord => ({ ...(publishedFrame(frame, {}, BOX).record as FrameRecord), ...more });
const tracked = (frame: number, trackId: number, x: number, epoch = 1): FrameRecord => {
  const one = record(frame, { epoch });
  return { ...one, objects: one.objects.map((object) => ({ ...object, trackId, box: [x, 100, x + 100, 300] })) };
};

test("a trail ends at the frame that is shown, also when later records have come", () => {
  const ways = trails();
  for (let frame = 0; frame < 10; frame += 1) ways.record(tracked(frame, 7, frame * 10));
  assert.deepEqual(ways.upTo(7, 2), [0, 1, 2].map((frame) => ({ frame, x: frame * 10 + 50, y: 200 })));
  assert.deepEqual(ways.upTo(8, 99), []);
  ways.record(tracked(10, 7, 500, 2));
  assert.deepEqual(ways.upTo(7, 99), [{ frame: 10, x: 550, y: 200 }], "another epoch has other tracks");
});

test("trails of many minutes with a new track each second stay few and short", () => {
  const ways = trails();
  for (let frame = 0; frame < 15_000; frame += 1) ways.record(tracked(frame, Math.floor(frame / 25), frame % 640));
  let points = 0;
  for (let id = 0; id < 600; id += 1) points += ways.upTo(id, Infinity).length;
  assert.ok(points <= 128 * 48, `${points} points`);
  assert.equal(ways.upTo(599, Infinity).length, 25);
});

test("the history gives back the newest pairs, and holds no more than its bytes", () => {
  const kept = pairHistory();
  const pair = (frame: number, bytes: number) => ({
    picture: { epoch: 1, frame, widthPx: 640, heightPx: 360, lookedAt: true, image: { jpeg: new Uint8Array(bytes) } },
    record: record(frame),
  });
  for (let frame = 0; frame < 250; frame += 1) kept.add(pair(frame, 10));
  assert.equal(kept.length, 100);
  assert.deepEqual([kept.at(0)?.frame, kept.at(99)?.frame, kept.at(100), kept.at(-1)], [249, 150, undefined, undefined]);
  assert.equal(kept.at(3)?.record?.frame, 246);
  for (let frame = 250; frame < 260; frame += 1) kept.add(pair(frame, 1024 * 1024));
  assert.equal(kept.length, 4);
  kept.add(pair(260, 9 * 1024 * 1024));
  assert.deepEqual([kept.length, kept.at(0)?.frame], [1, 260], "the newest stays, however large");
});

test("the stages of a frame are those of its record, and the screen is what comes after", () => {
  const times = stagesOf(record(1, { timesMs: { queue: 5, normalise: 1, infer: 20, decode: 2, order: 3, total: 31 } }), 40);
  assert.deepEqual(times, { queue: 5, inference: 23, publish: 3, screen: 40 });
  assert.equal(totalOf(times), 71);
  assert.equal(stagesOf(record(1), -8).screen, 0, "a clock that runs behind makes no negative time");
});

test("latency is summed up over the last 300 frames", () => {
  const window = latencyWindow();
  assert.deepEqual([window.summary().p99, window.newest(1)], [0, undefined]);
  for (let ms = 0; ms < 1000; ms += 1) window.add({ queue: 0, inference: ms, publish: 0, screen: 0 });
  const { samples, p50, p99, stages, buckets } = window.summary();
  assert.deepEqual([samples, p50, p99, stages.inference], [300, 850, 997, 849.5]);
  assert.deepEqual(buckets.slice(-3), [300, 0, 0], "700 to 999 ms lie below the edge at 1000");
  assert.equal(window.newest(10), 995);
});

test("a rate is of the last three seconds", () => {
  const frames = rate();
  for (let ms = 0; ms <= 10_000; ms += 100) frames.tick(ms);
  assert.equal(frames.perSecond(10_000), 10);
  assert.equal(frames.perSecond(11_500), 5);
  assert.equal(frames.perSecond(60_000), 0);
});

test("the timeline shows the mean number in view of each class, most frequent first, and gaps where nothing came", () => {
  const lines = timeline();
  const cars = (count: number): FrameRecord => ({ ...record(0), objects: Array.from({ length: count }, () => record(0).objects[0]!) });
  const bus = { ...record(0), objects: [{ ...record(0).objects[0]!, label: "bus" }] };
  for (const one of [cars(2), cars(4), bus]) lines.record(one, 3000);
  lines.record({ ...cars(9), outcome: "failed" }, 3000);
  const { timesS, labels, values } = lines.series(6000);
  assert.deepEqual([labels, timesS.at(-1), timesS.length], [["car", "bus"], 4.5, BUCKETS - 1]);
  assert.deepEqual(values.map((line) => line.at(-1)), [2, 1 / 3]);
  assert.equal(values[0]!.at(-2), null);
});

test("a timeline of a day is five minutes long", () => {
  const lines = timeline();
  for (let second = 0; second < 86_400; second += 1) lines.record(record(second), second * 1000);
  const { values } = lines.series(86_400_000);
  assert.deepEqual(values.map((line) => line.filter((value) => value !== null).length), [BUCKETS - 1]);
});

test("a bounded list keeps at least its newest and never twice as many", () => {
  const list = boundedList<number>(10);
  for (let i = 0; i < 1000; i += 1) {
    list.add(i);
    assert.ok(list.items.length < 20);
    assert.deepEqual(list.items.slice(-10), Array.from({ length: Math.min(10, i + 1) }, (_, k) => Math.max(0, i - 9) + k));
  }
  assert.equal(list.added, 1000);
});
