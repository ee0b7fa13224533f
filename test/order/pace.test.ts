import assert from "node:assert/strict";
import { test } from "node:test";
import { pace } from "../../src/order/index.js";

function looksIn(seconds: number, sourceFps: number, maxFps: number | null): number {
  const isDue = pace(maxFps);
  let due = 0;
  for (let i = 0; i < seconds * sourceFps; i += 1) if (isDue(Math.round((i * 1000) / sourceFps))) due += 1;
  return due;
}

test("without a limit every frame is due", () => assert.equal(looksIn(10, 30, null), 300));

test("thirty frames a second thinned to twenty give twenty, not fifteen", () => {
  assert.ok(Math.abs(looksIn(10, 30, 20) - 200) <= 1, `${looksIn(10, 30, 20)} of 200`);
});

test("a limit above the source's rate drops nothing", () => assert.equal(looksIn(10, 29.97, 30), 300));

test("a jump in time, forward or back, starts the schedule anew", () => {
  const isDue = pace(1);
  assert.deepEqual([0, 500, 1000, 90_000, 90_400, 91_000, 0, 400, 1000].map(isDue), [true, false, true, true, false, true, true, false, true]);
});
