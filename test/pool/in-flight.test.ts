import assert from "node:assert/strict";
import { test } from "node:test";
import { watchInFlight } from "../../src/pool/in-flight.js";
import { manualClock } from "../support/manual-clock.js";

const limits = { frameTimeoutMs: 1000, hangLimitMs: 5000 };

function watch(capacity: number) {
  const clock = manualClock();
  const inFlight = watchInFlight(() => capacity, limits, clock);
  const heard: string[] = [];
  const listener = (name: string) => ({ late: () => heard.push(`${name} late`), lost: () => heard.push(`${name} lost`) });
  return { clock, inFlight, heard, listener };
}

test("a task that comes back in time is never late", () => {
  const { clock, inFlight, heard, listener } = watch(2);
  const back = inFlight.sent(listener("a"));
  clock.advance(900);
  back();
  clock.advance(10_000);
  assert.deepEqual(heard, []);
});

test("a task is late once, at its deadline, and the pool goes on while another worker answers", () => {
  const { clock, inFlight, heard, listener } = watch(2);
  inFlight.sent(listener("a"));
  clock.advance(999);
  assert.deepEqual(heard, []);
  clock.advance(101);
  clock.advance(2000);
  assert.deepEqual(heard, ["a late"]);
});

test("when every worker is lost the pool is stuck and whoever waits is told", async () => {
  const { clock, inFlight, heard, listener } = watch(2);
  inFlight.sent(listener("a"));
  inFlight.sent(listener("b"));
  clock.advance(1100);
  assert.equal((await inFlight.stuck).code, "E_POOL_STUCK");
  assert.deepEqual(heard.slice(0, 4), ["a late", "b late", "a lost", "b lost"]);
});

test("one run beyond the hang limit is enough for being stuck", async () => {
  const { clock, inFlight, listener } = watch(8);
  inFlight.sent(listener("a"));
  clock.advance(5100);
  assert.match((await inFlight.stuck).message, /1 of 8 model runs hang.*hangLimitMs 5000/);
});

test("a capacity that is lowered does not make a pool stuck that has a thread left", () => {
  let capacity = 4;
  const clock = manualClock();
  const inFlight = watchInFlight(() => capacity, limits, clock);
  const heard: string[] = [];
  // Both with one thread, which hangs; the other has nothing to do.
  for (const name of ["a", "b"]) inFlight.sent({ late: () => heard.push(`${name} late`), lost: () => heard.push(`${name} lost`) });
  capacity = 2;
  clock.advance(1100);
  assert.deepEqual(heard, ["a late", "b late"]);
});

test("draining settles when the last task is back", async () => {
  const { inFlight, listener } = watch(2);
  const backs = [inFlight.sent(listener("a")), inFlight.sent(listener("b"))];
  const drained = inFlight.drained();
  for (const back of backs) back();
  assert.equal(await drained, undefined);
});
