import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureSlots } from "../../src/feed/picture-slots.js";
import { testWire } from "./wires.js";

test("one picture of a stream is on its way; the newest waits, older ones are forgotten", () => {
  const wire = testWire();
  const slots = pictureSlots(wire);
  for (let frame = 0; frame < 5; frame += 1) slots.offer("gate", frame, Buffer.from(`gate ${frame}`));
  slots.offer("yard", 0, Buffer.from("yard 0"));
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"]);
  wire.drain();
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"]);
  slots.acknowledge("gate", 3);
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0"], "an acknowledgement of another frame counts for nothing");
  slots.acknowledge("gate", 0);
  assert.deepEqual(wire.pictures, ["gate 0", "yard 0", "gate 4"]);
});

test("a client that acknowledges without reading gets no second picture into its socket", () => {
  const wire = testWire();
  const slots = pictureSlots(wire);
  for (let frame = 0; frame < 5; frame += 1) {
    slots.offer("gate", frame, Buffer.from(`gate ${frame}`));
    slots.acknowledge("gate", frame);
  }
  assert.deepEqual(wire.pictures, ["gate 0"]);
  wire.drain();
  assert.deepEqual(wire.pictures, ["gate 0", "gate 4"]);
});

test("a picture that waits is forgotten when the client no longer wants the stream", () => {
  const wire = testWire();
  const slots = pictureSlots(wire);
  slots.offer("gate", 0, Buffer.from("gate 0"));
  slots.offer("gate", 1, Buffer.from("gate 1"));
  slots.keepOnly(() => false);
  wire.drain();
  slots.acknowledge("gate", 0);
  assert.deepEqual(wire.pictures, ["gate 0"]);
});
