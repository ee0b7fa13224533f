import assert from "node:assert/strict";
import { test } from "node:test";
import type * as core from "../../src/core/invariant.js";
import { Counterexample, explore, toldOf, type World } from "./explore.js";
import { mutant } from "./mutant.js";

/** Counters that each go up to `top`, one step at a time. */
function counters(count: number, top: number, check: (at: readonly number[]) => void = () => undefined, ended = check): World<number> {
  const at = new Array<number>(count).fill(0);
  return {
    steps: () => [...at.keys()].filter((i) => at[i]! < top),
    take(i) {
      at[i]! += 1;
      check(at);
    },
    key: () => at.join(),
    ended: () => ended(at),
  };
}

test("every state is visited once, by every step that leads to it", () => {
  // A grid of 4 x 4 x 4 points: 3 of 4 steps in each of 3 directions from 16 lines.
  assert.deepEqual(explore(() => counters(3, 3)), { states: 64, transitions: 144, ends: 1, depth: 9 });
  assert.equal(toldOf({ states: 64, transitions: 144, ends: 1, depth: 9 }), "64 states, 144 transitions, 1 ends, 9 steps at most");
});

test("what does not hold in one state of many is found, with the way there", () => {
  const never = (at: readonly number[]): void => assert.notDeepEqual(at, [2, 0, 3], "2 0 3 must not be");
  assert.throws(() => explore(() => counters(3, 3, never)), (error) => {
    assert.ok(error instanceof Counterexample);
    assert.deepEqual([...error.steps].sort(), [0, 0, 2, 2, 2]);
    assert.match(error.message, /^2 0 3 must not be\nafter 5 steps/);
    return true;
  });
});

test("an end that is no good end is found", () => {
  assert.throws(() => explore(() => counters(2, 1, undefined, () => assert.fail("stuck"))), /^Counterexample: stuck\nafter 2 steps/);
});

/** Two threads that add 1 to a shared number: read, then write. */
function adders(): World<number> {
  let shared = 0;
  const read: (number | undefined)[] = [undefined, undefined];
  const done = [false, false];
  return {
    steps: () => [0, 1].filter((thread) => !done[thread]),
    take(thread) {
      if (read[thread] === undefined) read[thread] = shared;
      else {
        shared = read[thread] + 1;
        done[thread] = true;
      }
    },
    key: () => JSON.stringify([shared, read, done]),
    ended: () => assert.equal(shared, 2, "an addition is lost"),
  };
}

test("an addition that two threads make without a lock is seen to get lost", () => {
  assert.throws(() => explore(adders), /an addition is lost[^]*after 4 steps/);
});

test("a mutant is the module with its mistake, and one that can't be made says so", async () => {
  const turned: typeof core = await mutant("core/invariant.js", ["if (!condition)", "if (condition)"]);
  turned.invariant(false, "not thrown");
  assert.throws(() => turned.invariant(true, "thrown"), /thrown/);
  await assert.rejects(mutant("core/invariant.js", ["no such text", ""]), /does not have this in one place/);
});
