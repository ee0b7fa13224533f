import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { openThreadPool } from "../../src/pool/index.js";
import { runLive, type LiveStream } from "../support/live-numbers.js";
import { numberedPoolOptions } from "../support/pool.js";
import { assertAccounted } from "../support/session.js";
import { until } from "../support/until.js";

/** Each run takes 0 to 40 ms, by the worker's own chance: 2 workers manage about 100 frames a second on any machine. */
const JITTER_MS = 40;
const TOLERANCE = 0.1;

/** Frames looked at, of each. */
const looked = (streams: readonly LiveStream[]): number[] => streams.map(({ meter }) => meter.stats().outcomes.detected);

/** Settles when the streams have been looked at `frames` times more, all together; returns how often each. */
async function after(frames: number, streams: readonly LiveStream[]): Promise<number[]> {
  const before = looked(streams);
  const sum = (): number => looked(streams).reduce((total, n, i) => total + n - (before[i] ?? 0), 0);
  await until(() => sum() >= frames, `${frames} frames to be looked at`);
  return looked(streams).map((n, i) => n - (before[i] ?? 0));
}

test("over capacity, live streams on the real pool get their weighted share within 10 %, and one that wants less gets all it wants", async () => {
  const options = { ...(await numberedPoolOptions()), workers: 2, depth: 2 as const, jitterMs: JITTER_MS };
  await using pool = await openThreadPool(options, systemClock);
  const weights = [1, 1, 2, 3];
  const greedy = weights.map((weight, id) => runLive(pool, options.model, id, { weight, rateFps: 90 }));
  const modest = runLive(pool, options.model, 9, { weight: 1, rateFps: 5 });
  const all = [...greedy, modest];
  await after(30, all);
  const decoded = modest.meter.stats().decoded;
  const got = await after(700, all);
  const wanted = modest.meter.stats().decoded - decoded;
  for (const one of all) assertAccounted(one.meter.stats());
  await Promise.all(all.map((one) => one.stop()));
  const rest = got.slice(0, -1).reduce((sum, n) => sum + n, 0);
  const due = weights.map((weight) => (rest * weight) / weights.reduce((sum, one) => sum + one, 0));
  const said = `got ${got.join(", ")}, due ${due.map((n) => n.toFixed(0)).join(", ")} and ${wanted}`;
  for (const [i, one] of due.entries()) assert.ok(Math.abs((got[i] ?? 0) - one) <= one * TOLERANCE + 1, said);
  assert.ok(Math.abs((got.at(-1) ?? 0) - wanted) <= 2, said);
});

test("a stream that comes later, and one that is weighed anew, are served by their weights from then on; who leaves leaves its share", async () => {
  const options = { ...(await numberedPoolOptions()), workers: 1, depth: 1 as const, jitterMs: JITTER_MS };
  await using pool = await openThreadPool(options, systemClock);
  const first = runLive(pool, options.model, 0, { weight: 1, rateFps: 90 });
  await after(100, [first]);
  const second = runLive(pool, options.model, 1, { weight: 1, rateFps: 90 });
  await after(20, [first, second]);
  const [a = 0, b = 0] = await after(200, [first, second]);
  assert.ok(Math.abs(a - b) <= 200 * TOLERANCE, `the newcomer got ${b}, the other ${a}`);
  pool.join(1, { weight: 3, newestFirst: true });
  const [c = 0, d = 0] = await after(200, [first, second]);
  assert.ok(Math.abs(d - 150) <= 150 * TOLERANCE, `weighed 3 to 1 they got ${d} and ${c}`);
  await second.stop();
  assert.ok(((await after(50, [first]))[0] ?? 0) >= 50);
  await first.stop();
});
