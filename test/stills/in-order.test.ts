import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deferred } from "../../src/core/lifetime.js";
import { inOrder } from "../../src/stills/index.js";

describe("inOrder", () => {
  test("begins as many as it may, and yields in the order of the items whichever ends first", async () => {
    const gates = Array.from({ length: 5 }, () => deferred<number>());
    const begun: number[] = [];
    const results = inOrder([0, 1, 2, 3, 4], 3, (i) => {
      begun.push(i);
      return gates[i]!.promise;
    });
    const first = results.next();
    assert.deepEqual(begun, [0, 1, 2]);
    gates[2]!.resolve(20);
    gates[1]!.resolve(10);
    gates[0]!.resolve(0);
    assert.deepEqual(await first, { done: false, value: 0 });
    gates[3]!.resolve(30);
    gates[4]!.resolve(40);
    const rest: number[] = [];
    for await (const value of results) rest.push(value);
    assert.deepEqual(rest, [10, 20, 30, 40]);
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  });

  test("throws an error at its item's turn, and waits for what is under way", async () => {
    let ended = 0;
    const results = inOrder([0, 1, 2], 3, async (i) => {
      await Promise.resolve();
      if (i === 1) throw new Error("one is bad");
      ended += 1;
      return i;
    });
    assert.deepEqual(await results.next(), { done: false, value: 0 });
    await assert.rejects(results.next(), /one is bad/);
    assert.equal(ended, 2);
  });

  test("begins nothing more once the loop was left", async () => {
    let begun = 0;
    for await (const _ of inOrder(Array.from({ length: 100 }, (_, i) => i), 2, () => Promise.resolve((begun += 1)))) break;
    assert.equal(begun, 2);
  });
});
