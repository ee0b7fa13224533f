import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred } from "../../src/core/lifetime.js";
import { locked, singleCaller } from "../../src/pool/index.js";

test("an instance that is called while it is busy refuses with E_INSTANCE_BUSY and finishes what it does", async () => {
  const gate = deferred();
  const instance = singleCaller(async (input: number) => {
    await gate.promise;
    return input * 2;
  });
  const first = instance.run(1);
  await assert.rejects(instance.run(2), { code: "E_INSTANCE_BUSY" });
  gate.resolve();
  assert.equal(await first, 2);
  assert.equal(await instance.run(3), 6);
});

test("a locked instance serves its callers one after another, first come first served", async () => {
  const served: number[] = [];
  const instance = locked(
    singleCaller(async (input: number) => {
      await Promise.resolve();
      served.push(input);
      return input;
    }),
  );
  assert.deepEqual(await Promise.all([5, 3, 9, 1].map((input) => instance.run(input))), [5, 3, 9, 1]);
  assert.deepEqual(served, [5, 3, 9, 1]);
});

test("one caller's failure does not touch the next", async () => {
  const instance = locked(singleCaller((input: number) => (input < 0 ? Promise.reject(new Error("no")) : Promise.resolve(input))));
  const results = await Promise.allSettled([instance.run(1), instance.run(-1), instance.run(2)]);
  assert.deepEqual(results.map((result) => result.status), ["fulfilled", "rejected", "fulfilled"]);
});
