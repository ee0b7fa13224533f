import assert from "node:assert/strict";
import { test } from "node:test";
import { durationTally, median } from "./tally.js";

test("percentiles are those of a sorted list, to the millisecond above", () => {
  const tally = durationTally();
  assert.ok(Number.isNaN(tally.percentile(0.5)));
  for (let ms = 100; ms >= 1; ms -= 1) tally.add(ms - 0.5);
  assert.deepEqual([0, 0.5, 0.95, 0.99, 1].map((share) => tally.percentile(share)), [1, 50, 95, 99, 100]);
  tally.add(1e9);
  assert.equal(tally.percentile(1), 60_000);
  assert.equal(tally.count, 101);
});

test("the median is the middle one", () => {
  assert.equal(median([5, 1, 9]), 5);
  assert.ok(Number.isNaN(median([])));
});
