import assert from "node:assert/strict";
import test from "node:test";
import { chance } from "../rig/chance.js";
import { requireNats } from "./nats-server.js";
import { proveQueue } from "./proof.js";

test("20,000 numbered frames of four files, ten workers killed, three restarts of the broker, one of a minute: none swapped, repeated or lost", async (t) => {
  if (!requireNats(t)) return;
  const figures = await proveQueue({ framesPerStream: 5000, streams: 4, kills: 10, brokerRestarts: 2, brokerAwayMs: 2000, random: chance(11) });
  t.diagnostic(JSON.stringify(figures));
  assert.ok(figures.redelivered > 0, "no worker was killed with a frame in its hands");
  assert.ok(figures.connections >= 3);
  const minute = await proveQueue({ framesPerStream: 1000, streams: 4, kills: 0, brokerRestarts: 1, brokerAwayMs: 60_000, random: chance(12) });
  assert.ok(minute.connections >= 2);
});
