import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { backoffMs } from "../../src/source/backoff.js";

const SEED = 20261124;
const DEFAULTS = { backoffMinMs: 1000, backoffMaxMs: 60_000 };

test("the ceiling of the wait doubles from 1 s to 60 s, and the wait is anything below it", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((failures) => backoffMs(failures, "soon", 1, DEFAULTS));
  assert.deepEqual(ceilings, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(backoffMs(3, "soon", 0, DEFAULTS), 0);
  assert.equal(backoffMs(3, "soon", 0.25, DEFAULTS), 1000);
});

test("a first retry comes within the least wait", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => backoffMs(1, "soon", random, DEFAULTS) <= 1000),
    { seed: SEED },
  );
});

test("the slow kind waits 30 s to 60 s, however often it failed, and no longer than the greatest wait allows", () => {
  assert.equal(backoffMs(1, "slow", 0, DEFAULTS), 30_000);
  assert.equal(backoffMs(1, "slow", 1, DEFAULTS), 60_000);
  assert.equal(backoffMs(9, "slow", 0.5, DEFAULTS), 45_000);
  assert.equal(backoffMs(1, "slow", 0.5, { backoffMinMs: 100, backoffMaxMs: 200 }), 200);
  assert.equal(backoffMs(2, "slow", 1, { backoffMinMs: 1000, backoffMaxMs: 600_000 }), 120_000);
});

test("no wait is ever outside its bounds", () => {
  const cases = fc.record({
    failures: fc.integer({ min: 1, max: 5000 }),
    kind: fc.constantFrom("soon" as const, "slow" as const),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
    backoffMinMs: fc.integer({ min: 1, max: 10_000 }),
    more: fc.integer({ min: 0, max: 1_000_000 }),
  });
  fc.assert(
    fc.property(cases, ({ failures, kind, random, backoffMinMs, more }) => {
      const backoffMaxMs = backoffMinMs + more;
      const wait = backoffMs(failures, kind, random, { backoffMinMs, backoffMaxMs });
      assert.ok(wait >= 0 && wait <= backoffMaxMs, `${wait} ms`);
      if (kind === "slow") assert.ok(wait >= Math.min(30_000, backoffMaxMs), `${wait} ms`);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});
