import assert from "node:assert/strict";
import { test } from "node:test";
import { acks } from "../../src/dashboard/acks.js";

test("the next picture is asked for while one is decoded, the one after it when that is done, each stream for itself", () => {
  const acked: string[] = [];
  const pace = acks(({ stream, frame }) => acked.push(`${stream} ${frame}`));
  pace.arrived({ stream: "gate", frame: 1 });
  assert.deepEqual(acked, ["gate 1"]);
  pace.arrived({ stream: "gate", frame: 4 });
  pace.arrived({ stream: "yard", frame: 9 });
  assert.deepEqual(acked, ["gate 1", "yard 9"]);
  pace.done("gate");
  assert.deepEqual(acked, ["gate 1", "yard 9", "gate 4"]);
  pace.done("gate");
  assert.equal(acked.length, 3, "each once");
});

test("a new connection owes nothing for the old one", () => {
  const acked: number[] = [];
  const pace = acks(({ frame }) => acked.push(frame));
  for (const frame of [1, 2]) pace.arrived({ stream: "gate", frame });
  pace.reset();
  pace.done("gate");
  pace.arrived({ stream: "gate", frame: 0 });
  assert.deepEqual(acked, [1, 0]);
});
