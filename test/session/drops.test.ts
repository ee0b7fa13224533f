import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamStats } from "../../src/core/stats.js";
import { dropsText, tellDrops } from "../../src/session/drops.js";
import type { Notice } from "../../src/session/index.js";
import { stagger } from "../../src/session/stagger.js";
import { manualClock } from "../support/manual-clock.js";

test("one line names the worst streams with their causes, and counts the others", () => {
  assert.equal(dropsText([{ stream: "gate", dropped: { busy: 30, too_old: 7 } }]), "gate: 37 frames skipped (busy 30, too_old 7)");
  assert.equal(dropsText([{ stream: "a", dropped: { busy: 1 } }, { stream: "b", dropped: {} }]), "a: 1 frame skipped (busy 1)");
  const many = Array.from({ length: 30 }, (_, i) => ({ stream: `c${i}`, dropped: { busy: 100 - i } }));
  assert.match(dropsText(many), /^c0: 100 frames skipped \(busy 100\); c1: .*; c4: 96 frames skipped \(busy 96\); 25 more: 2075 frames$/);
  assert.equal(dropsText([]), "");
});

function bench() {
  const clock = manualClock();
  const skipped = { no_slot: 0, busy: 0, too_old: 0, max_fps: 0, stopped: 0 };
  const told: { atMs: number; notice: Notice }[] = [];
  const stats = (): StreamStats[] => [{ stream: "gate", skipped: { ...skipped } } as StreamStats];
  const telling = tellDrops(stats, (notice) => told.push({ atMs: clock.monotonicMs(), notice }), clock);
  return { clock, skipped, told, telling };
}

test("drops are told within a second, at most once a second, ever less often while they go on, and every one is counted", () => {
  const { clock, skipped, told, telling } = bench();
  for (let ms = 0; ms < 600_000; ms += 100) {
    skipped.busy += 3;
    clock.advance(100);
  }
  const gaps = told.map(({ atMs }, i) => atMs - (told[i - 1]?.atMs ?? 0));
  assert.equal(gaps[0], 1000);
  assert.ok(gaps.every((gap) => gap >= 1000) && told.length < 20, `${told.length} lines in ten minutes`);
  const counted = told.reduce((sum, { notice }) => sum + Number(/gate: (\d+) frames/.exec(notice.message)?.[1]), 0);
  assert.equal(counted, (told.at(-1)?.atMs ?? 0) * 0.03);
  telling[Symbol.dispose]();
});

test("after quiet minutes the next drop is told at once again", () => {
  const { clock, skipped, told } = bench();
  for (let i = 0; i < 100; i += 1) {
    skipped.busy += 1;
    clock.advance(1000);
  }
  const before = told.length;
  clock.advance(200_000);
  // What had been left over from the last pause is told on the way.
  const quiet = told.length;
  assert.ok(quiet - before <= 1);
  clock.advance(200_000);
  skipped.too_old += 1;
  clock.advance(1000);
  skipped.too_old += 1;
  clock.advance(1000);
  assert.deepEqual(told.slice(quiet).map(({ notice }) => notice.message), Array(2).fill("gate: 1 frame skipped (too_old 1)"));
});

test("what a highest rate leaves out, and a stop, are no overload", () => {
  const { clock, skipped, told } = bench();
  skipped.max_fps = 100;
  skipped.stopped = 3;
  clock.advance(5000);
  assert.deepEqual(told, []);
});

test("live streams start one after another; an abort lets one go at once", async () => {
  const clock = manualClock();
  const gate = stagger(100, clock);
  const started: string[] = [];
  const never = new AbortController();
  const aborted = new AbortController();
  const start = (name: string, signal: AbortSignal): void => void gate(signal).then(() => started.push(`${name} ${clock.monotonicMs()}`));
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (const name of ["a", "b", "c"]) start(name, never.signal);
  start("d", aborted.signal);
  await settle();
  assert.deepEqual(started, ["a 0"]);
  aborted.abort();
  await settle();
  assert.deepEqual(started, ["a 0", "d 0"]);
  for (let i = 0; i < 3; i += 1) {
    clock.advance(100);
    await settle();
  }
  assert.deepEqual(started, ["a 0", "d 0", "b 100", "c 200"]);
  clock.advance(10_000);
  start("e", never.signal);
  await settle();
  assert.equal(started.at(-1), "e 10300");
});
