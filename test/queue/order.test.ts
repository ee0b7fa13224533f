import assert from "node:assert/strict";
import test from "node:test";
import { chance } from "../rig/chance.js";
import { requireNats } from "./nats-server.js";
import { proveQueue } from "./proof.js";

test("four numbered files through two workers of which one is killed, and a broker that is restarted: none swapped, repeated or lost", async (t) => {
  if (!requireNats(t)) return;
  const { records } = await proveQueue({ framesPerStream: 400, streams: 4, kills: 1, brokerRestarts: 1, brokerAwayMs: 1500, random: chance(7) });
  assert.equal(records, 1600);
});
