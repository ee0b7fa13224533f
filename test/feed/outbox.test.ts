import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_FEED_LIMITS } from "../../src/feed/limits.js";
import { textMessage, type TextMessage } from "../../src/feed/message.js";
import { openOutbox } from "../../src/feed/outbox.js";
import { publishedFrame, stats } from "../wire/records.js";
import { published, statsRecord, type WireRecord } from "../../src/wire/index.js";
import { manualClock } from "../support/manual-clock.js";
import { inWords, testWire } from "./wires.js";

const SEED = 20261125;
const LIMITS = { ...DEFAULT_FEED_LIMITS, socketBytes: 4_000, queueBytes: 20_000 };
const FRAMES = 1000;

function frame(number: number, stream = "gate"): TextMessage {
  const { record, line } = publishedFrame(number, { stream });
  return textMessage(line, record);
}
const RECORD_BYTES = frame(100).bytes("socket").length;

test("a client that does not read keeps a bounded number of records, the newest, and is told which are gone", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), LIMITS);
  for (let number = 0; number < FRAMES; number += 1) outbox.push(frame(number), "all");
  const handedBytes = Buffer.concat(wire.buffers).length;
  assert.ok(handedBytes < LIMITS.socketBytes + 1000, `${handedBytes} bytes were handed to the socket`);
  assert.ok(outbox.load.queuedBytes <= LIMITS.queueBytes);
  const early = wire.buffers.length;
  wire.drain();
  const messages = wire.messages();
  const gap = messages[early]! as unknown as { type: string; fromFrame: number; toFrame: number; records: number };
  assert.deepEqual([gap.type, gap.fromFrame, gap.records], ["gap", early, gap.toFrame - gap.fromFrame + 1]);
  const after = messages.slice(early + 1).map((message) => message["frame"]);
  assert.deepEqual(after, Array.from({ length: FRAMES - 1 - gap.toFrame }, (_, i) => gap.toFrame + 1 + i));
  assert.ok(after.length >= LIMITS.queueBytes / RECORD_BYTES - 2, `${after.length} records were kept`);
  assert.equal(outbox.load.lostRecords, gap.records);
});

test("each stream's gap stands before that stream's next record", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, socketBytes: 1, queueBytes: 2 * RECORD_BYTES + 50 });
  outbox.push(frame(0), "all");
  for (const number of [1, 2, 3]) for (const stream of ["gate", "yard"]) outbox.push(frame(number, stream), "all");
  wire.drain();
  assert.deepEqual(wire.messages().map(inWords), ["gate 0", "gate lost 1-2", "gate 3", "yard lost 1-2", "yard 3"]);
});

test("latest: only the newest frame of each stream waits, and the gap tells of the others", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, socketBytes: 1 });
  outbox.push(frame(0), "latest");
  for (const number of [1, 2, 3]) for (const stream of ["gate", "yard"]) outbox.push(frame(number, stream), "latest");
  assert.equal(outbox.load.queuedMessages, 2);
  wire.drain();
  assert.deepEqual(wire.messages().map(inWords), ["gate 0", "gate lost 1-2", "gate 3", "yard lost 1-2", "yard 3"]);
});

test("what waited under all is lost too, in order, when the newest of latest comes", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, socketBytes: 1 });
  for (const number of [0, 1, 2, 3]) outbox.push(frame(number), "all");
  outbox.push(frame(4), "latest");
  wire.drain();
  assert.deepEqual(wire.messages().map(inWords), ["gate 0", "gate lost 1-3", "gate 4"]);
});

test("latest: of figures too only the newest wait, and those are no gap", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, socketBytes: 1 });
  for (let decoded = 0; decoded < 5; decoded += 1) {
    const { record, line } = published(statsRecord({ ...stats, decoded }, 0));
    outbox.push(textMessage(line, record), "latest");
  }
  wire.drain();
  assert.deepEqual(wire.messages().map(({ type, decoded }) => [type, decoded]), [["stats", 0], ["stats", 4]]);
});

test("what has waited too long is lost, and told", () => {
  const clock = manualClock();
  const wire = testWire();
  const outbox = openOutbox(wire, clock, { ...LIMITS, socketBytes: 1, queueAgeMs: 5_000 });
  outbox.push(frame(0), "all");
  outbox.push(frame(1), "all");
  clock.advance(3_000);
  outbox.push(frame(2), "all");
  clock.advance(2_001);
  outbox.sweep();
  wire.drain();
  assert.deepEqual(wire.messages().map(inWords), ["gate 0", "gate lost 1-1", "gate 2"]);
});

test("events, states and log lines that are lost are told by topic, before what comes next; figures are not", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, socketBytes: 1, queueBytes: 400 });
  const push = (record: WireRecord): void => outbox.push(textMessage(JSON.stringify(record), record), "all");
  outbox.push(frame(0), "all");
  const line = (message: string): WireRecord => ({ v: 1, type: "log", level: "info", message, at: "2026-11-25T10:00:00.000Z" });
  push({ v: 1, type: "state", stream: "gate", epoch: 1, state: "live", at: "2026-11-25T10:00:00.000Z" });
  push(statsRecord(stats, 0));
  for (const text of ["a", "b", "c"]) push(line(text.repeat(150)));
  wire.drain();
  assert.deepEqual(wire.messages().slice(1).map((message) => message["lost"] ?? String(message["message"])[0]), [{ state: 1, log: 2 }, "c"]);
  assert.equal(outbox.load.lostRecords, 0);
});

test("a socket that takes nothing for the limit has stalled; one that takes a little, or has nothing to take, has not", () => {
  const clock = manualClock();
  const wire = testWire();
  const outbox = openOutbox(wire, clock, { ...LIMITS, stalledMs: 15_000 });
  const seconds = (count: number): boolean[] => Array.from({ length: count }, () => (clock.advance(1000), outbox.sweep()));
  assert.deepEqual(seconds(60).filter(Boolean), []);
  for (const number of [0, 1]) outbox.push(frame(number), "all");
  assert.deepEqual(seconds(14).filter(Boolean), []);
  wire.take(1);
  assert.deepEqual(seconds(15).filter(Boolean), []);
  assert.deepEqual(seconds(1), [true]);
});

test("before the connection closes, everything that waits is handed over, and the last gap too", () => {
  const wire = testWire();
  const outbox = openOutbox(wire, manualClock(), { ...LIMITS, queueBytes: 10 });
  for (let number = 0; number < 30; number += 1) outbox.push(frame(number), "all");
  outbox.finish();
  const seen = wire.messages();
  assert.equal(seen.filter(({ type }) => type === "frame").length + Number(seen.at(-1)!["records"]), 30);
});

test("whatever the socket does, frames come in order, each once, and gaps account for every one that does not", () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("push" as const), stream: fc.constantFrom("gate", "yard"), policy: fc.constantFrom("all" as const, "latest" as const) }),
    fc.record({ do: fc.constant("take" as const), count: fc.nat(4) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.nat(2000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const clock = manualClock();
      const wire = testWire();
      const outbox = openOutbox(wire, clock, { ...LIMITS, socketBytes: 600, queueBytes: 5 * RECORD_BYTES, queueAgeMs: 3000 });
      const given: Record<string, number> = { gate: 0, yard: 0 };
      for (const one of steps) {
        if (one.do === "push") outbox.push(frame(given[one.stream]!++, one.stream), one.policy);
        else if (one.do === "take") wire.take(one.count);
        else {
          clock.advance(one.ms);
          outbox.sweep();
        }
        assert.ok(outbox.load.queuedBytes <= 5 * RECORD_BYTES);
      }
      outbox.finish();
      for (const [stream, count] of Object.entries(given)) {
        const told = wire.messages().filter((message) => message["stream"] === stream);
        const covered = told.flatMap(({ type, frame: number, fromFrame, toFrame }) => (type === "frame" ? [number] : range(Number(fromFrame), Number(toFrame))));
        assert.deepEqual(covered, range(0, count - 1), stream);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
