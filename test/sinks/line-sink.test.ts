import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred, type Deferred } from "../../src/core/lifetime.js";
import { LineSink, type LineSinkLimits } from "../../src/sinks/line-sink.js";
import type { WriteTarget } from "../../src/sinks/target.js";
import { publishedFrame } from "../wire/records.js";
import { manualClock } from "../support/manual-clock.js";

/** A target that keeps what it is given and lets each write wait until it is released. */
function slowTarget(): WriteTarget & { readonly groups: string[]; release(): Promise<void>; syncs: number; closed: boolean } {
  let write: Deferred<void> | undefined;
  return {
    name: "slow",
    groups: [],
    syncs: 0,
    closed: false,
    write(chunk) {
      this.groups.push(chunk.toString());
      write = deferred<void>();
      return write.promise;
    },
    sync() {
      this.syncs += 1;
      return Promise.resolve();
    },
    close() {
      this.closed = true;
      return Promise.resolve();
    },
    /** Ends the write in flight and lets what follows from it happen. */
    async release() {
      write?.resolve();
      write = undefined;
      await settle();
    },
  };
}

/** Lets every callback run that can run now. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const lineBytes = Buffer.byteLength(publishedFrame(0).line) + 1;
/** Room for so many lines: larger numbers make a line a few bytes longer than the first. */
const roomFor = (lines: number): number => lines * (lineBytes + 5);
const framesIn = (groups: readonly string[]): number[] =>
  groups.flatMap((group) => group.trimEnd().split("\n").map((line) => (JSON.parse(line) as { frame: number }).frame));

function openSlow(limits: Partial<LineSinkLimits> = {}) {
  const target = slowTarget();
  const clock = manualClock();
  return { target, clock, sink: new LineSink(target, clock, limits) };
}

test("lines wait 100 ms for others and then leave together", async () => {
  const { target, clock, sink } = openSlow();
  for (const frame of [0, 1, 2]) sink.write(publishedFrame(frame));
  clock.advance(99);
  assert.deepEqual(target.groups, []);
  clock.advance(1);
  assert.equal(target.groups.length, 1);
  assert.deepEqual(framesIn(target.groups), [0, 1, 2]);
  await target.release();
  assert.equal(sink.bufferedBytes, 0);
});

test("64 KiB of lines leave at once", () => {
  const { target, sink } = openSlow();
  const lines = Math.ceil((64 * 1024) / lineBytes) + 1;
  let frame = 0;
  for (; target.groups.length === 0 && frame < lines; frame += 1) sink.write(publishedFrame(frame));
  assert.equal(target.groups.length, 1);
  assert.ok(Buffer.byteLength(target.groups[0]!) >= 64 * 1024);
  assert.ok(Buffer.byteLength(target.groups[0]!) < 64 * 1024 + 2 * lineBytes);
});

test("one write is on its way at a time, and lines keep their order", async () => {
  const { target, sink } = openSlow({ groupBytes: 1 });
  for (let frame = 0; frame < 10; frame += 1) sink.write(publishedFrame(frame));
  assert.equal(target.groups.length, 1);
  await target.release();
  assert.equal(target.groups.length, 2);
  await target.release();
  assert.deepEqual(framesIn(target.groups), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("from the soft bound on write says false, and ready waits until there is room", async () => {
  const { target, sink } = openSlow({ groupBytes: 1, softBytes: 2 * lineBytes });
  assert.equal(sink.write(publishedFrame(0)), true);
  assert.equal(sink.write(publishedFrame(1)), false);
  let room = false;
  const waiting = sink.ready().then(() => (room = true));
  await settle();
  assert.equal(room, false);
  await target.release();
  await waiting;
  assert.equal(sink.write(publishedFrame(2)), false);
});

test("past the hard bound records are refused, counted, and announced in their place", async () => {
  const { target, sink } = openSlow({ groupBytes: 1, softBytes: lineBytes, hardBytes: roomFor(3) });
  for (let frame = 0; frame < 10; frame += 1) sink.write(publishedFrame(frame));
  assert.equal(sink.dropped, 7);
  assert.ok(sink.bufferedBytes <= roomFor(3));
  await target.release();
  await target.release();
  sink.write(publishedFrame(10));
  await target.release();
  const lines = target.groups.join("").trimEnd().split("\n");
  assert.deepEqual(JSON.parse(lines[3]!), {
    v: 1,
    type: "gap",
    stream: "gate",
    epoch: 1,
    fromFrame: 3,
    toFrame: 9,
    records: 7,
    cause: "sink_slow",
    at: "1970-01-01T00:00:00.000Z",
  });
  assert.equal((JSON.parse(lines[4]!) as { frame: number }).frame, 10);
});

test("closing lets out what is left, a last gap too, syncs and closes the target", async () => {
  const { target, sink } = openSlow({ hardBytes: roomFor(2) });
  for (let frame = 0; frame < 3; frame += 1) sink.write(publishedFrame(frame));
  const closing = sink[Symbol.asyncDispose]();
  await settle();
  await target.release();
  await closing;
  assert.match(target.groups.join(""), /"frame":1,.*\n.*"type":"gap".*"fromFrame":2,"toFrame":2,.*\n$/);
  assert.deepEqual([target.syncs, target.closed], [1, true]);
  assert.equal(sink.write(publishedFrame(3)), false);
  await assert.rejects(sink.ready(), { code: "E_STOPPED" });
});

test("closing gives up on a target that does not take its bytes, and says how many", async () => {
  const { clock, sink } = openSlow({ closeMs: 1000 });
  sink.write(publishedFrame(0));
  const closing = assert.rejects(sink[Symbol.asyncDispose](), {
    code: "E_OUT_WRITE",
    message: `slow: ${lineBytes} bytes did not leave within 1000 ms of closing`,
  });
  await settle();
  clock.advance(1000);
  await closing;
});

test("what was written is synced about once a second, not with each write", async () => {
  const { target, clock, sink } = openSlow();
  for (let tenth = 0; tenth < 30; tenth += 1) {
    sink.write(publishedFrame(tenth));
    clock.advance(100);
    await target.release();
  }
  assert.ok(target.groups.length >= 29, `${target.groups.length} writes`);
  assert.ok(target.syncs === 2 || target.syncs === 3, `${target.syncs} syncs in 3 s`);
  clock.advance(1000);
  const afterTheLast = target.syncs;
  clock.advance(60_000);
  assert.equal(target.syncs, afterTheLast, "nothing was written, so nothing is synced");
});

test("a target that fails ends the sink for all who wait", async () => {
  const broken: WriteTarget = {
    name: "broken",
    write: () => Promise.reject(Object.assign(new Error("no room"), { code: "ENOSPC" })),
    close: () => Promise.resolve(),
  };
  const sink = new LineSink(broken, manualClock(), { groupBytes: 1, softBytes: 1 });
  assert.equal(sink.write(publishedFrame(0)), false);
  const expected = { code: "E_OUT_FULL", message: "broken: could not write (ENOSPC)" };
  await Promise.all([assert.rejects(sink.ready(), expected), assert.rejects(sink.flush(), expected)]);
  assert.equal(sink.bufferedBytes, 0);
});
