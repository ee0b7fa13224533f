import assert from "node:assert/strict";
import { test } from "node:test";
import { subscriber, type ClientWire } from "../../src/feed/subscriber.js";
import { publishedFrame } from "../wire/records.js";
import { manualClock } from "../support/manual-clock.js";

/** A socket that takes nothing until it is told to. */
function stalledWire(): ClientWire & { readonly texts: string[]; readonly pictures: string[]; drain(): void } {
  let waiting: (() => void)[] = [];
  return {
    texts: [],
    pictures: [],
    send(message, binary, left) {
      (binary ? this.pictures : this.texts).push(message.toString());
      waiting.push(left);
    },
    /** The network takes everything, also what is handed over meanwhile. */
    drain() {
      for (let taken = waiting; taken.length > 0; taken = waiting) {
        waiting = [];
        for (const left of taken) left();
      }
    },
  };
}

const LIMITS = { socketBytes: 4_000, queueBytes: 20_000 };
const FRAMES = 1000;

function record(frame: number, stream = "gate") {
  const { record: made, line } = publishedFrame(frame, { stream });
  return { record: made, bytes: Buffer.from(line) };
}

test("a client that does not read keeps a bounded number of records, the newest, and is told which are gone", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), LIMITS);
  for (let frame = 0; frame < FRAMES; frame += 1) client.text(record(frame));
  const handedBytes = wire.texts.join("").length;
  assert.ok(handedBytes < LIMITS.socketBytes + 1000, `${handedBytes} bytes were handed to the socket`);
  const early = wire.texts.length;
  wire.drain();
  const messages = wire.texts.map((text) => JSON.parse(text) as { type: string; frame: number; fromFrame: number; toFrame: number; records: number });
  const gap = messages[early]!;
  assert.equal(gap.type, "gap");
  assert.equal(gap.fromFrame, early);
  assert.equal(gap.records, gap.toFrame - gap.fromFrame + 1);
  const after = messages.slice(early + 1).map(({ frame }) => frame);
  assert.deepEqual(after, Array.from({ length: FRAMES - 1 - gap.toFrame }, (_, i) => gap.toFrame + 1 + i));
  assert.ok(after.length * record(FRAMES).bytes.length <= LIMITS.queueBytes + 1000, `${after.length} records were kept`);
});

test("each stream's gap stands before that stream's next record", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), { socketBytes: 1, queueBytes: 2 * record(100).bytes.length + 50 });
  client.text(record(0));
  for (const frame of [1, 2, 3]) for (const stream of ["gate", "yard"]) client.text(record(frame, stream));
  wire.drain();
  const seen = wire.texts.map((text) => {
    const { type, stream, frame, fromFrame, toFrame } = JSON.parse(text) as Record<string, string | number>;
    return type === "gap" ? `${stream} lost ${fromFrame}-${toFrame}` : `${stream} ${frame}`;
  });
  assert.deepEqual(seen, ["gate 0", "gate lost 1-2", "gate 3", "yard lost 1-2", "yard 3"]);
});

test("one picture of a stream is on its way; the newest waits, older ones are forgotten", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), LIMITS);
  for (let frame = 0; frame < 5; frame += 1) client.picture("gate", frame, Buffer.from(`gate ${frame}`));
  client.picture("yard", 0, Buffer.from("yard 0"));
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"]);
  wire.drain();
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"]);
  client.acknowledge("gate", 3);
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"], "an acknowledgement of another frame counts for nothing");
  client.acknowledge("gate", 0);
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0", "gate 4"]);
});

test("a client that acknowledges without reading gets no second picture into its socket", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), LIMITS);
  for (let frame = 0; frame < 5; frame += 1) {
    client.picture("gate", frame, Buffer.from(`gate ${frame}`));
    client.acknowledge("gate", frame);
  }
  assert.deepEqual(wire.pictures, ["gate 0"]);
  wire.drain();
  assert.deepEqual(wire.pictures, ["gate 0", "gate 4"]);
});

test("a picture that waits is forgotten when the client no longer wants the stream", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), LIMITS);
  client.subscribe(["*"], ["video"]);
  client.picture("gate", 0, Buffer.from("gate 0"));
  client.picture("gate", 1, Buffer.from("gate 1"));
  client.subscribe(["*"], ["stats"]);
  wire.drain();
  client.acknowledge("gate", 0);
  assert.deepEqual(wire.pictures, ["gate 0"]);
  assert.deepEqual([client.wants("video", "gate"), client.wants("stats", "gate")], [false, true]);
});

test("before the connection closes, everything that waits is handed over", () => {
  const wire = stalledWire();
  const client = subscriber(wire, manualClock(), LIMITS);
  for (let frame = 0; frame < 30; frame += 1) client.text(record(frame));
  assert.ok(wire.texts.length < 30);
  client.finish();
  assert.equal(wire.texts.length, 30);
});
