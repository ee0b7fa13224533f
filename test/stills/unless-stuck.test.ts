import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PipelineError } from "../../src/core/errors.js";
import { deferred } from "../../src/core/lifetime.js";
import { unlessStuck } from "../../src/stills/unless-stuck.js";

const STUCK = new PipelineError("E_POOL_STUCK", "all model runs hang");
const nobody = (): never => assert.fail("handed back what somebody has");

describe("unlessStuck", () => {
  test("passes on what came before, and what failed by itself", async () => {
    const unless = unlessStuck(new Promise(() => undefined));
    assert.equal(await unless(Promise.resolve(7), nobody), 7);
    await assert.rejects(unless(Promise.reject(new Error("broken")), nobody), /broken/);
  });

  test("ends all waits with the pool's error, and those that come later", async () => {
    const stuck = deferred<PipelineError>();
    const unless = unlessStuck(stuck.promise);
    const waits = [1, 2, 3].map(() => assert.rejects(unless(new Promise(() => undefined), nobody), STUCK));
    stuck.resolve(STUCK);
    await Promise.all(waits);
    await assert.rejects(unless(new Promise(() => undefined), nobody), STUCK);
  });

  test("gives back what comes when nobody waits for it any more", async () => {
    const stuck = deferred<PipelineError>();
    const unless = unlessStuck(stuck.promise);
    const slot = deferred<string>();
    const back = deferred<string>();
    const wait = assert.rejects(unless(slot.promise, back.resolve), STUCK);
    stuck.resolve(STUCK);
    await wait;
    slot.resolve("slot 3");
    assert.equal(await back.promise, "slot 3");
  });
});
