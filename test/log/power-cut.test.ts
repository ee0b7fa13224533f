import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { systemRandom } from "../../src/core/clock.js";
import { powerCuts } from "./power-cut.js";

const CUTS = 30;

test(`${CUTS} power cuts while it writes and rotates: what was acknowledged is there`, async (t) => {
  if (spawnSync("strace", ["-V"]).status !== 0) return t.skip("SKIPPED: needs strace (apt-get install strace)");
  const seed = Number(process.env["SEED"] ?? Math.floor(systemRandom() * 2 ** 32));
  const { ops, acknowledged } = await powerCuts(seed, CUTS);
  t.diagnostic(`SEED=${seed}; ${ops} calls, ${acknowledged} records acknowledged`);
  assert.equal(acknowledged > 1000, true);
});
