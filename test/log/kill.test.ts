import { test } from "node:test";
import { systemRandom } from "../../src/core/clock.js";
import { killedAt } from "./kill.js";

test("killed at any moment, rotating and packing, it has lost no acknowledged record", async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.floor(systemRandom() * 2 ** 32));
  t.diagnostic(`SEED=${seed}; ${await killedAt(seed, 6, 2)} records were acknowledged`);
});
