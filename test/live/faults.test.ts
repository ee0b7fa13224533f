import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../../src/core/clock.js";
import { openSession } from "../../src/session/index.js";
import { within } from "../rig/deadline.js";
import { collector, settings } from "../support/session.js";
import { testFile, testLive } from "./through-faults.js";

// `npm test -- --long live/faults` runs more seeds.
testFile([1]);
testLive([3]);

test("a wall clock that is set back by an hour changes no duration, no order and no limit", async () => {
  const frames = 600;
  const wall = { backMs: 0 };
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() - wall.backMs };
  const { sink, records } = collector(({ frame }) => {
    if (frame === frames / 2) wall.backMs = 3_600_000;
  });
  const options = settings({ sources: [`test:numbered?frames=${frames}`], inference: { workers: 2 } });
  const world = { signal: new AbortController().signal, clock, version: "test", notice: () => undefined, extraSinks: [sink] };
  await using session = await openSession(options, world);
  const [stats] = await within(60_000, "end", session.done);
  assert.equal(stats?.error, null);
  assert.deepEqual(records.map(({ frame }) => frame), Array.from({ length: frames }, (_, i) => i));
  for (const { frame, timesMs } of records) {
    for (const [stage, ms] of Object.entries(timesMs)) assert.ok(ms >= 0 && ms < 60_000, `${stage} of frame ${frame} took ${ms} ms`);
  }
  const jumps = records.filter(({ publishedAt }, i) => publishedAt < (records[i - 1]?.publishedAt ?? ""));
  assert.equal(jumps.length, 1, "the clock was never set back: nothing was proven");
});
