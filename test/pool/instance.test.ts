import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred } from "../../src/core/lifetime.js";
import { singleCaller } from "../../src/pool/index.js";

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

test("called in a thread that did not make it, it refuses and nothing runs", async () => {
  let thread = 7;
  let runs = 0;
  const instance = singleCaller(() => Promise.resolve((runs += 1)), { currentThread: () => thread });
  assert.equal(await instance.run(undefined), 1);
  thread = 8;
  await assert.rejects(instance.run(undefined), { code: "E_INSTANCE_THREAD", message: /thread 7 .* thread 8/ });
  assert.equal(runs, 1);
});

test("closing waits for the run that is on, closes once, and refuses what comes later", async () => {
  const gate = deferred();
  const did: string[] = [];
  const instance = singleCaller(() => gate.promise.then(() => did.push("ran")), { close: () => Promise.resolve(void did.push("closed")) });
  const running = instance.run(undefined);
  const closings = [instance[Symbol.asyncDispose](), instance[Symbol.asyncDispose]()];
  await assert.rejects(instance.run(undefined), { code: "E_INSTANCE_CLOSED" });
  assert.deepEqual(did, []);
  gate.resolve();
  await Promise.all([running, ...closings]);
  assert.deepEqual(did, ["ran", "closed"]);
  await assert.rejects(instance.run(undefined), { code: "E_INSTANCE_CLOSED" });
});

test("a run that fails does not keep an instance from closing, nor from its next run", async () => {
  let closed = false;
  const instance = singleCaller((fails: boolean) => (fails ? Promise.reject(new Error("no")) : Promise.resolve("well")), { close: () => Promise.resolve(void (closed = true)) });
  await assert.rejects(instance.run(true), /no/);
  assert.equal(await instance.run(false), "well");
  const failing = assert.rejects(instance.run(true), /no/);
  await instance[Symbol.asyncDispose]();
  await failing;
  assert.ok(closed);
});
