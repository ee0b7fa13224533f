import assert from "node:assert/strict";
import test from "node:test";
import { chance } from "../rig/chance.js";
import { requireNats } from "./nats-server.js";
import { proveQueue } from "./proof.js";

test("four numbered files, two workers of which one is killed, a broker that is restarted: no frame is swapped, repeated or lost", async (t) => {
  if (!requireNats(t)) return;
  const figures = await proveQueue({ framesPerStream: 400, streams: 4, kills: 1, brokerRestarts: 1, brokerAwayMs: 500, random: chance(7) });
  t.diagnostic(JSON.stringify(figures));
  assert.ok(figures.published >= 1600);
  assert.ok(figures.connections >= 2, "the broker was not restarted");
});
