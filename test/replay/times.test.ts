import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_BEGIN, goOn, logClock, NO_TIME } from "../../src/replay/times.js";

const at = (stream: string, capturedMs: number) => ({ text: "", frame: { stream, capturedMs, isAfterEmpty: false } });

test("the time of a log never goes back: a clock set back goes on from where it was, streams out of order do not", () => {
  const clock = logClock(NO_TIME);
  const times = [at("a", 1000), at("b", 1500), at("a", 1040), at("b", 1540), at("a", 1080)].map((one) => clock.follow(one));
  assert.deepEqual(times, [1000, 1500, 1500, 1540, 1540], "b is ahead by 500 ms, and is not counted twice");
  // An hour back, both streams: each goes on where it was.
  const hourMs = 3_600_000;
  assert.equal(clock.follow(at("a", 1120 - hourMs)), 1540);
  assert.equal(clock.follow(at("b", 1580 - hourMs)), 1540);
  assert.equal(clock.follow(at("b", 1620 - hourMs)), 1580);
  // Left and taken up again it is the same, also when the last record comes once more.
  const again = logClock(clock.state());
  assert.equal(again.follow(at("b", 1620 - hourMs)), 1580);
  assert.equal(again.follow(at("b", 1660 - hourMs)), 1620);
});

test("a gap of more than 5 s is played as 5 s and told, one in which nothing was seen as it is", () => {
  const first = goOn(AT_BEGIN, 10_000, false);
  assert.deepEqual(first, { logMs: 10_000, playMs: 0, leftOutMs: 0 });
  const night = goOn(first, 10_000 + 8 * 3_600_000, false);
  assert.deepEqual([night.playMs, night.leftOutMs], [5000, 8 * 3_600_000 - 5000]);
  const empty = goOn(first, 70_000, true);
  assert.deepEqual([empty.playMs, empty.leftOutMs], [60_000, 0]);
  assert.deepEqual(goOn(first, -Infinity, false), { logMs: 10_000, playMs: 0, leftOutMs: 0 });
});
