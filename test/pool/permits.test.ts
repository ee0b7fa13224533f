import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makePermits, type Permits } from "../../src/pool/permits.js";
import { chance, playLoad, type Demand } from "./fair-share.js";

const SEED = 20_261_124;
const TOLERANCE = 0.1;

/**
 * How much each stream wants, in fair shares: what is above 1 wants more than it is due, what is below leaves a rest to
 * the others. Nobody stands close to 1: with one frame waiting, whether such a stream meets a free worker is luck.
 */
const appetite = fc.oneof(fc.double({ min: 0.05, max: 0.7, noNaN: true }), fc.double({ min: 1.5, max: 6, noNaN: true }));
const member = fc.record({ weight: fc.constantFrom(0.5, 1, 1, 2, 3, 5), appetite });
const scene = fc.record({
  members: fc.array(member, { minLength: 2, maxLength: 12 }).filter((all) => all.some((one) => one.appetite > 1)),
  workers: fc.integer({ min: 1, max: 4 }),
  serviceMs: fc.integer({ min: 10, max: 100 }),
  jitter: fc.constantFrom(0.1, 0.2, 0.3),
  seed: fc.integer(),
});

/** Permits for streams that have the weight 1. */
function weighed(capacity: number, streams: readonly number[]): Permits {
  const permits = makePermits(capacity);
  for (const stream of streams) permits.weigh(stream, 1);
  return permits;
}

/** Turns appetites into rates: by the level to which water would rise in vessels as wide as the weights. */
function pourOut({ members, workers, serviceMs }: { members: readonly { weight: number; appetite: number }[]; workers: number; serviceMs: number }) {
  const capacityFps = (workers * 1000) / serviceMs;
  const levelFps = capacityFps / members.reduce((sum, one) => sum + one.weight * Math.min(1, one.appetite), 0);
  const streams: Demand[] = members.map((one) => ({ weight: one.weight, rateFps: one.appetite * one.weight * levelFps }));
  return { capacityFps, streams, dueFps: members.map((one) => Math.min(1, one.appetite) * one.weight * levelFps) };
}

test("with demand over capacity every stream gets its weighted share within 10 %, and what some leave goes to the others", async () => {
  let measured = 0;
  await fc.assert(
    fc.asyncProperty(scene, async (drawn) => {
      const { streams, dueFps, capacityFps } = pourOut(drawn);
      // One stream can't keep several workers busy: it has one frame waiting. Half of the pool is what it can count on.
      fc.pre(Math.max(...dueFps) <= Math.max(capacityFps / 2, capacityFps / drawn.workers));
      const durationMs = (60_000 * 100) / capacityFps;
      const grants = await playLoad({ ...drawn, streams, durationMs });
      for (const [stream, due] of dueFps.entries()) {
        const wanted = (due * durationMs) / 1000;
        const got = grants.filter((grant) => grant.stream === stream).length;
        assert.ok(got >= wanted * (1 - TOLERANCE) - 3, `stream ${stream} got ${got} of ${wanted.toFixed(0)}: ${JSON.stringify({ ...drawn, dueFps })}`);
        measured += 1;
      }
    }),
    { seed: SEED, numRuns: 60, endOnFailure: true },
  );
  assert.ok(measured > 150, `only ${measured} streams were measured`);
});

test("streams that all want more than their share get no more than it either", async () => {
  const greedy = fc.record({ weight: fc.constantFrom(0.5, 1, 2, 3, 5), appetite: fc.double({ min: 2, max: 6, noNaN: true }) });
  await fc.assert(
    fc.asyncProperty(fc.record({ members: fc.array(greedy, { minLength: 3, maxLength: 12 }), workers: fc.integer({ min: 1, max: 4 }), seed: fc.integer() }), async (drawn) => {
      const all = { ...drawn, serviceMs: 40, jitter: 0.2 };
      const { streams, dueFps, capacityFps } = pourOut(all);
      fc.pre(Math.max(...dueFps) <= Math.max(capacityFps / 3, capacityFps / drawn.workers / 2));
      const grants = await playLoad({ ...all, streams, durationMs: 60_000 });
      for (const [stream, due] of dueFps.entries()) {
        const got = grants.filter((grant) => grant.stream === stream).length / 60;
        assert.ok(Math.abs(got - due) <= due * TOLERANCE + 0.05, `stream ${stream} got ${got} fps of ${due}: ${JSON.stringify(drawn)}`);
      }
    }),
    { seed: SEED, numRuns: 40, endOnFailure: true },
  );
});

test("a stream that wants less gets all it wants, and the others share the rest by their weights", async () => {
  const streams = [{ weight: 1, rateFps: 2 }, { weight: 1, rateFps: 30 }, { weight: 2, rateFps: 30 }];
  const grants = await playLoad({ streams, workers: 2, serviceMs: 100, jitter: 0.1, durationMs: 100_000, seed: 1 });
  const fps = streams.map((_, stream) => grants.filter((grant) => grant.stream === stream).length / 100);
  for (const [stream, due] of [2, 6, 12].entries()) assert.ok(Math.abs((fps[stream] ?? 0) - due) <= due * TOLERANCE, `${fps.join(", ")} fps`);
});

test("an hour of being away is no credit: who comes back gets its share, not what it missed", async () => {
  const backMs = 3_600_000;
  const permits = weighed(1, [0, 1]);
  // The hour: one stream is served alone, 36 000 times.
  for (let i = 0; i < backMs / 100; i += 1) {
    await permits.take(0);
    permits.give();
  }
  const order: number[] = [];
  await permits.take(0);
  const ask = (stream: number): void => {
    void permits.take(stream).then(() => {
      order.push(stream);
      if (order.length < 200) ask(stream);
    });
  };
  ask(0);
  ask(1);
  while (order.length < 200) {
    permits.give();
    await Promise.resolve();
    await Promise.resolve();
  }
  const returned = order.filter((stream) => stream === 1).length;
  assert.ok(returned >= 96 && returned <= 104, `${returned} of 200 went to the one that came back`);
  assert.ok(order.slice(0, 10).includes(0), "the one that came back shut the other out");
});

test("nobody starves: no wait is longer than a round and a half of all the others by their weights", async () => {
  const random = chance(SEED);
  for (let round = 0; round < 20; round += 1) {
    const weights = Array.from({ length: 8 }, () => [0.1, 1, 3, 10][Math.floor(random() * 4)] ?? 1);
    const streams = weights.map((weight) => ({ weight, rateFps: 100 }));
    const grants = await playLoad({ streams, workers: 2, serviceMs: 20, jitter: 0.2, durationMs: 30_000, seed: round });
    for (const [stream, weight] of weights.entries()) {
      const others = weights.reduce((sum, other) => sum + other, 0) - weight;
      // Each of the others may hold a few permits of the start, and one more for a tag that is equal.
      const longest = Math.ceil((1.5 * others) / weight) + 6 * weights.length;
      const turns = grants.flatMap((grant, index) => (grant.stream === stream ? [index] : []));
      const gaps = turns.map((turn, i) => turn - (turns[i - 1] ?? 0));
      assert.ok(turns.length > 0 && Math.max(...gaps, grants.length - (turns.at(-1) ?? 0)) <= longest, `stream ${stream} of ${weights.join(" ")} waited ${Math.max(...gaps)} turns, at most ${longest}`);
    }
  }
});

test("a permit that comes back unused is not charged, and is free for the next", async () => {
  const permits = weighed(1, [0, 1]);
  const served: number[] = [];
  await permits.take(0);
  const wait = (stream: number): void => void permits.take(stream).then(() => served.push(stream));
  wait(0);
  wait(1);
  permits.giveUnused(0);
  await Promise.resolve();
  permits.give();
  await Promise.resolve();
  assert.deepEqual(served, [0, 1], "stream 0 was charged for a permit that it did not use");
});

test("never more permits are out than the capacity says, also when it becomes less or more in between", async () => {
  const permits = makePermits(4);
  let out = 0;
  for (let stream = 0; stream < 10; stream += 1) void permits.take(stream).then(() => (out += 1));
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  await settle();
  assert.equal(out, 4);
  permits.setCapacity(2);
  const back = async (): Promise<void> => {
    out -= 1;
    permits.give();
    await settle();
  };
  await back();
  await back();
  assert.equal(out, 2, "permits beyond the new capacity were given out again");
  await back();
  assert.equal(out, 2);
  permits.setCapacity(3);
  await settle();
  assert.equal(out, 3);
});

test("a stream that had hardly any weight is served at once when it gets more", async () => {
  const permits = makePermits(1);
  permits.weigh(1, 0.01);
  permits.weigh(2, 1);
  await permits.take(1);
  const order: number[] = [];
  const ask = (stream: number): void => void permits.take(stream).then(() => (order.push(stream), ask(stream)));
  permits.weigh(1, 1);
  ask(1);
  ask(2);
  for (let i = 0; i < 20; i += 1) {
    permits.give();
    await Promise.resolve().then(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const firsts = order.filter((stream) => stream === 1).length;
  assert.ok(firsts >= 9 && firsts <= 11, `${order.join(" ")}`);
});

test("a stream that is weighed anew is served by its new weight from the next permit on", async () => {
  const permits = weighed(1, [0, 1, 9]);
  const order: number[] = [];
  await permits.take(9);
  const ask = (stream: number): void => void permits.take(stream).then(() => (order.push(stream), ask(stream)));
  ask(0);
  ask(1);
  permits.weigh(1, 4);
  for (let i = 0; i < 100; i += 1) {
    permits.give();
    await Promise.resolve();
    await Promise.resolve();
  }
  assert.ok(Math.abs(order.filter((stream) => stream === 1).length - 80) <= 2, order.join(""));
});

test("of a stream that has left nothing is kept, also when a frame of it still asks", async () => {
  const permits = weighed(1, [0, 1]);
  await permits.take(0);
  permits.forget(0);
  const late = permits.take(0);
  permits.give();
  await late;
  permits.giveUnused(0);
  assert.equal(permits.streams, 1);
  await permits.take(1);
});

test("a stream of great weight is not made to wait behind many of small weight: its frames have little time", async () => {
  // 35 % of one thread, which all together ask for more than it can.
  const streams = [{ weight: 7, rateFps: 7 }, ...Array.from({ length: 13 }, () => ({ weight: 1, rateFps: 1.3 }))];
  const grants = await playLoad({ streams, workers: 1, serviceMs: 50, jitter: 0.3, durationMs: 200_000, seed: 5 });
  const got = grants.filter(({ stream }) => stream === 0).length / 1400;
  assert.ok(got >= 0.97, `${got} of what it is due`);
});
