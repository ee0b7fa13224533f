import { test } from "node:test";
import { systemRandom } from "../../src/core/clock.js";
import { killedAt } from "./kill.js";

const MOMENTS = 200;

test(`killed at ${MOMENTS} moments while 2,000 records a second are written, it has lost no acknowledged record`, async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.floor(systemRandom() * 2 ** 32));
  t.diagnostic(`SEED=${seed}; ${await killedAt(seed, MOMENTS, 3)} records were acknowledged`);
});
