import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deferred, type Deferred } from "../../src/core/lifetime.js";
import { makeTurns } from "../../src/pool/index.js";
import { manualClock } from "../support/manual-clock.js";

/** Lets everything happen that follows from what has been done. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a made-up day at the line consists of. `call` gives up after `patience` ms; 0 = never. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("call" as const), patience: fc.constantFrom(0, 0, 30, 80) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("end" as const), fails: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("abort" as const), which: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 60 }) }) },
);

test("callers run one at a time in the order in which they came; who gave up never runs; one's failure is its own", async () => {
  const days = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), async (steps, maxWaiting) => {
    const clock = manualClock();
    const turns = makeTurns(maxWaiting, clock);
    const started: number[] = [];
    const fates = new Map<number, string>();
    const aborts = new Map<number, AbortController>();
    let running: { id: number; gate: Deferred<void> } | undefined;
    // The same line as a plain list: what has to come out.
    let expectedLine: { id: number; until: number }[] = [];
    const expected = { started: [] as number[], fates: new Map<number, string>(), running: undefined as number | undefined };
    let now = 0;
    let calls = 0;
    const comeNext = (): void => {
      const next = expectedLine.shift();
      expected.running = next?.id;
      if (next) expected.started.push(next.id);
    };

    async function perform(one: (typeof steps)[number]): Promise<void> {
      if (one.type === "call") {
        const id = (calls += 1);
        const abort = new AbortController();
        aborts.set(id, abort);
        const work = async (): Promise<void> => {
          assert.equal(running, undefined, "two run at once");
          started.push(id);
          running = { id, gate: deferred() };
          await running.gate.promise.finally(() => (running = undefined));
        };
        turns.take(work, { signal: abort.signal, timeoutMs: one.patience || undefined }).then(
          () => fates.set(id, "done"),
          (error: Error & { code?: string }) => fates.set(id, error.code ?? error.message),
        );
        if (expected.running === undefined) {
          expected.running = id;
          expected.started.push(id);
        } else if (expectedLine.length >= maxWaiting) expected.fates.set(id, "E_INSTANCE_FULL");
        else expectedLine.push({ id, until: one.patience ? now + one.patience : Infinity });
      } else if (one.type === "end" && running) {
        expected.fates.set(running.id, one.fails ? "fails" : "done");
        comeNext();
        if (one.fails) running.gate.reject(new Error("fails"));
        else running.gate.resolve();
      } else if (one.type === "abort") {
        aborts.get(one.which)?.abort(new Error("given up"));
        for (const { id } of expectedLine) if (id === one.which) expected.fates.set(id, "given up");
        expectedLine = expectedLine.filter(({ id }) => id !== one.which);
      } else if (one.type === "time") {
        now += one.ms;
        clock.advance(one.ms);
        for (const { id, until } of expectedLine) if (until <= now) expected.fates.set(id, "E_INSTANCE_TIMEOUT");
        expectedLine = expectedLine.filter(({ until }) => until > now);
      }
      await settled();
    }

    for (const one of steps) {
      await perform(one);
      assert.equal(turns.waiting, expectedLine.length);
      assert.deepEqual(started, expected.started);
      assert.deepEqual(fates, expected.fates);
    }
  });
  await fc.assert(days, { seed: 41, numRuns: 150 });
});

test("a signal that was aborted before never runs, also when nobody waits; one that is aborted in mid-run changes nothing", async () => {
  const turns = makeTurns(1, manualClock());
  let runs = 0;
  await assert.rejects(turns.take(() => Promise.resolve((runs += 1)), { signal: AbortSignal.abort(new Error("too late")) }), /too late/);
  assert.equal(runs, 0);
  const gate = deferred();
  const stop = new AbortController();
  const mine = turns.take(() => gate.promise.then(() => "done"), { signal: stop.signal, timeoutMs: 5 });
  stop.abort();
  gate.resolve();
  assert.equal(await mine, "done");
});
