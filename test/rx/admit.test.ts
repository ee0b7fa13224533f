import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Subject } from "rxjs";
import type { FrameHeader, FrameOutcome } from "../../src/core/frame.js";
import { admit, type Admissible, type AdmitRules, type FrameFact, type InHouse } from "../../src/rx/index.js";
import { makePermits } from "../../src/pool/permits.js";

interface Frame extends Admissible {
  readonly released: () => boolean;
}

function frame(number: number, hasPicture = false, capturedMonoMs = 0): Frame {
  const header: FrameHeader = { stream: "s", epoch: 1, frame: number, ptsMs: number, capturedAtMs: 0, capturedMonoMs, widthPx: 1, heightPx: 1 };
  let released = false;
  return { header, hasPicture, lease: { [Symbol.dispose]: () => (released = true) }, released: () => released };
}

/** Admission with `workers` permits whose looks are ended by hand. */
function bench(workers: number, rules: Partial<AdmitRules<Frame>> = {}) {
  const permits = makePermits(workers);
  const input = new Subject<Frame>();
  const facts: FrameFact[] = [];
  const looks = new Map<number, () => void>();
  const inHouse: InHouse = { count: 0 };
  const state = { done: false, error: undefined as unknown, nowMs: 0, mostInHouse: 0 };
  const stop = new AbortController();
  const all: AdmitRules<Frame> = {
    newestFirst: true, maxAgeMs: () => 500, monotonicMs: () => state.nowMs, isDue: () => true, watched: () => false,
    permit: () => permits.take(0), returnPermit: () => permits.giveUnused(0), stop: stop.signal,
    look: (one, released) =>
      new Promise<FrameOutcome>((resolve) => {
        looks.set(one.header.frame, () => {
          released();
          permits.give();
          resolve({ kind: "still", header: one.header });
        });
      }),
    ...rules,
  };
  input.pipe(admit(all, inHouse)).subscribe({
    next: (fact) => {
      facts.push(fact);
      state.mostInHouse = Math.max(state.mostInHouse, inHouse.count);
    },
    error: (error: unknown) => (state.error = error),
    complete: () => (state.done = true),
  });
  const told = (): string[] =>
    facts.filter((fact) => fact.type !== "announced").map((fact) => (fact.type === "skipped" ? `${fact.frame} ${fact.cause}` : `${fact.outcome.header.frame} ended`));
  return { input, looks, inHouse, state, stop, told, facts };
}

test("live: with every worker busy only the newest frame waits, the others are skipped as busy", async () => {
  const { input, looks, told } = bench(1);
  const frames = [0, 1, 2, 3].map((n) => frame(n));
  input.next(frames[0]!);
  await turn();
  for (const one of frames.slice(1)) input.next(one);
  assert.deepEqual(told(), ["1 busy", "2 busy"]);
  assert.ok(frames[1]?.released() && frames[2]?.released(), "a skipped frame keeps its slot");
  looks.get(0)?.();
  await turn();
  assert.deepEqual([...looks.keys()], [0, 3]);
});

test("live: a frame that waited longer than maxAgeMs is not worth a look", async () => {
  const { input, looks, told, state } = bench(1);
  input.next(frame(0));
  await turn();
  input.next(frame(1, false, 0));
  state.nowMs = 501;
  looks.get(0)?.();
  await turn();
  assert.deepEqual(told().sort(), ["0 ended", "1 too_old"]);
});

test("live and watched: a frame with a picture is not pushed out by one without, but by a newer one with", async () => {
  const { input, told } = bench(1, { watched: () => true });
  input.next(frame(0));
  await turn();
  for (const one of [frame(1, true), frame(2), frame(3), frame(4, true)]) input.next(one);
  assert.deepEqual(told(), ["2 busy", "3 busy", "1 busy"]);
});

test("a file: every frame is looked at, whatever piles up, and completion waits for the last", async () => {
  const { input, looks, told, state } = bench(2, { newestFirst: false });
  for (const n of [0, 1, 2, 3, 4]) input.next(frame(n));
  input.complete();
  for (const n of [0, 1, 2, 3, 4]) {
    await turn();
    assert.equal(state.done, false);
    assert.ok(looks.size <= n + 2, "more frames were sent than there are permits");
    looks.get(n)?.();
  }
  await turn();
  assert.deepEqual(told(), ["0 ended", "1 ended", "2 ended", "3 ended", "4 ended"]);
  assert.equal(state.done, true);
});

test("while the oldest frame hangs, 128 later ones are looked at and no more, however far apart their numbers are", async () => {
  for (const step of [1, 1000]) {
    const { input, looks } = bench(500, { newestFirst: false });
    for (let i = 0; i < 200; i += 1) input.next(frame(i * step));
    for (let i = 0; i < 200; i += 1) {
      await turn();
      const newest = [...looks.keys()].at(-1) ?? 0;
      // The oldest one hangs.
      if (newest > 0) looks.get(newest)?.();
    }
    assert.equal(looks.size, 1 + 128, `${step} apart`);
  }
});

test("stopping skips what waits and what still comes, lets what is out come home, and completes", async () => {
  const { input, looks, told, stop, state, inHouse } = bench(1, { newestFirst: false });
  for (const n of [0, 1, 2]) input.next(frame(n));
  await turn();
  stop.abort();
  input.next(frame(3));
  input.complete();
  assert.deepEqual(told(), ["1 stopped", "2 stopped", "3 stopped"]);
  looks.get(0)?.();
  await turn();
  assert.deepEqual(told().at(-1), "0 ended");
  assert.equal(state.done, true);
  assert.equal(inHouse.count, 0);
});

test("live: the one pushed out is gone before the newer one is announced, so the house is never above its bound", async () => {
  const { input, facts, inHouse, state } = bench(2);
  for (const n of [0, 1]) {
    input.next(frame(n));
    await turn();
  }
  for (const n of [2, 3, 4]) input.next(frame(n));
  assert.deepEqual(facts.slice(2).map((fact) => (fact.type === "ended" ? "" : `${fact.type} ${fact.frame}`)), ["announced 2", "skipped 2", "announced 3", "skipped 3", "announced 4"]);
  assert.deepEqual([inHouse.count, state.mostInHouse], [3, 3]);
});

test("a bug in a look ends the stream with it, instead of leaving it to wait for an outcome", async () => {
  const { input, state } = bench(1, { look: () => Promise.reject(new TypeError("a bug")) });
  input.next(frame(0));
  await turn();
  assert.match(String(state.error), /a bug/);
});

test("frames that a highest rate does not allow are skipped as max_fps without taking a place", async () => {
  const { input, told, inHouse } = bench(1, { isDue: (one) => one.header.frame % 2 === 0 });
  for (const n of [1, 3, 5]) input.next(frame(n));
  await turn();
  assert.deepEqual(told(), ["1 max_fps", "3 max_fps", "5 max_fps"]);
  assert.equal(inHouse.count, 0);
});

test("every announced frame is skipped or ends, exactly once, in a thousand frames with random endings", async () => {
  const { input, looks, facts, state } = bench(3);
  let seed = 5;
  for (let n = 0; n < 1000; n += 1) {
    input.next(frame(n));
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    if (seed % 3 === 0) {
      for (const [number, end] of looks) {
        looks.delete(number);
        end();
        break;
      }
      await turn();
    }
  }
  input.complete();
  while (!state.done) {
    for (const [number, end] of looks) {
      looks.delete(number);
      end();
    }
    await turn();
  }
  const ends = facts.flatMap((fact) => (fact.type === "announced" ? [] : [fact.type === "skipped" ? fact.frame : fact.outcome.header.frame]));
  assert.equal(ends.length, 1000);
  assert.equal(new Set(ends).size, 1000);
  assert.ok(state.mostInHouse <= 4, `${state.mostInHouse} frames were in the house of 3 workers`);
});

test("a slot is free only after its frame is counted out, so that two answers in one turn let nobody in beyond the bound", async () => {
  const { input, looks, inHouse } = bench(2, { newestFirst: false });
  const frames = [frame(0), frame(1)];
  for (const one of frames) input.next(one);
  await turn();
  looks.get(0)?.();
  looks.get(1)?.();
  for (let microtasks = 0; microtasks < 20; microtasks += 1) {
    const out = frames.filter((one) => one.released()).length;
    assert.ok(inHouse.count <= 2 - out, `${out} slots are free with ${inHouse.count} frames in the house`);
    await Promise.resolve();
  }
  assert.ok(frames.every((one) => one.released()));
});

const evenAreStill = { isStill: (one: Frame) => one.header.frame % 2 === 0, room: () => undefined };

test("live: a still frame ends at once, pushes out nobody, and takes neither slot nor permit", async () => {
  const { input, looks, told, inHouse } = bench(1, { gate: evenAreStill });
  const frames = [1, 3, 4, 6].map((n) => frame(n));
  for (const one of frames) {
    input.next(one);
    await turn();
  }
  assert.deepEqual(told(), ["4 ended", "6 ended"]);
  assert.ok(frames[2]!.released() && frames[3]!.released(), "a still frame keeps its slot");
  assert.equal(inHouse.count, 2);
  looks.get(1)?.();
  await turn();
  assert.deepEqual([...looks.keys()], [1, 3], "the frame that waited was lost");
});

test("a file: still frames end in their turn, wait for room, and completion waits for them", async () => {
  let hasRoom = false;
  let makeRoom: () => void = () => undefined;
  const room = (): Promise<void> | undefined => (hasRoom ? undefined : new Promise((resolve) => (makeRoom = resolve)));
  const { input, looks, told, state, inHouse } = bench(1, { newestFirst: false, gate: { ...evenAreStill, room } });
  for (const n of [1, 2, 3, 4]) input.next(frame(n));
  input.complete();
  await turn();
  assert.deepEqual([told(), [...looks.keys()]], [[], [1]]);
  hasRoom = true;
  makeRoom();
  await turn();
  assert.deepEqual(told(), ["2 ended"]);
  looks.get(1)?.();
  await turn();
  looks.get(3)?.();
  await turn();
  assert.deepEqual([told(), state.done, inHouse.count], [["2 ended", "4 ended", "1 ended", "3 ended"], true, 0]);
});

test("a file: while the oldest frame hangs, no more than 128 still ones go by", async () => {
  const { input, looks, told } = bench(2, { newestFirst: false, gate: { isStill: (one) => one.header.frame > 0, room: () => undefined } });
  for (let n = 0; n < 300; n += 1) input.next(frame(n));
  await turn();
  assert.equal(told().length, 128);
  looks.get(0)?.();
  await turn();
  assert.equal(told().length, 300);
});

test("stopping skips still frames that wait for room", async () => {
  const { input, told, stop, state } = bench(1, { newestFirst: false, gate: { isStill: () => true, room: () => new Promise(() => undefined) } });
  for (const n of [0, 1]) input.next(frame(n));
  stop.abort();
  input.complete();
  await turn();
  assert.deepEqual([told(), state.done], [["0 stopped", "1 stopped"], true]);
});
