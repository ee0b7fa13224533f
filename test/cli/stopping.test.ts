import test from "node:test";
import { systemRandom } from "../../src/core/clock.js";
import { moments, stopAt } from "./stopping.js";

const skip = process.platform === "linux" ? false : "SKIPPED: looks for what is left in /proc";

/** As many programs run at a time: more would make each other late. */
const AT_ONCE = 3;

test("stopped at any moment the program ends with 0 and leaves nothing: no process, socket, temporary file, torn line or hole", { skip, concurrency: AT_ONCE }, async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.floor(systemRandom() * 2 ** 32));
  t.diagnostic(`SEED=${seed}`);
  await Promise.all(moments(seed, 6).map((moment, i) => t.test(`${i}: ${JSON.stringify(moment)}`, async (one) => {
    const { how, tookMs, records } = await stopAt(moment, "threads");
    one.diagnostic(`${how} after ${Math.round(tookMs)} ms, ${records} records`);
  })));
});
