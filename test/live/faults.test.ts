import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock, type Clock } from "../../src/core/clock.js";
import type { FrameOutcome } from "../../src/core/frame.js";
import { numberOf } from "../../src/numbered/index.js";
import { openSession } from "../../src/session/index.js";
import { within } from "../rig/deadline.js";
import { collector, settings } from "../support/session.js";
import { countEnds, runThroughFaults, type FaultyRun } from "./faulty-run.js";

const FAULTS = { exits: 0.004, throws: 0.03, slow: 0.004, slowMs: 600, mostMs: 4 };
/** The long tests run more. */
const SEEDS = [1];
const PLAN = { frames: 1000, faults: FAULTS, frameTimeoutMs: 300, maxAgeMs: 200, clockBackAt: 300 };
/** Deadlines are looked at 20 times a second, and the main thread of a busy machine comes late. */
const SLACK_MS = 500;

function assertOrdered(outcomes: readonly FrameOutcome[]): void {
  for (const [i, { header }] of outcomes.entries()) {
    const before = outcomes[i - 1]?.header;
    assert.ok(before === undefined || (header.frame > before.frame && header.epoch >= before.epoch), `${JSON.stringify(header)} after ${JSON.stringify(before)}`);
  }
}

/** What holds whatever happened. */
function assertSound({ outcomes, stats, longestMs, outstanding, codes }: FaultyRun): void {
  assertOrdered(outcomes);
  for (const outcome of outcomes) {
    if (outcome.kind === "detected") assert.equal(numberOf(outcome.detections.boxes[0] ?? NaN), outcome.header.frame, "a result was given to another frame");
  }
  const ends = countEnds(outcomes);
  const { late, failed } = stats.outcomes;
  assert.deepEqual({ ...ends, late: ends.late ?? 0, failed: ends.failed ?? 0 }, { detected: stats.outcomes.detected, late, failed });
  assert.equal(stats.inHouse, 0);
  assert.equal(outstanding, 0, `${outstanding} slots were not given back`);
  assert.ok(longestMs < PLAN.frameTimeoutMs + SLACK_MS, `a frame took ${longestMs} ms to its end`);
  // Without these nothing was proven.
  assert.ok(codes.has("E_WORKER_EXITED") && failed > 10 && late > 0, JSON.stringify({ ends, codes: [...codes] }));
}

for (const seed of SEEDS) {
  test(`a file through threads that fail, hang and exit, epochs that change and a clock set back (seed ${seed}): every frame ends once, in order`, async (t) => {
    const run = await runThroughFaults({ ...PLAN, seed, rateFps: null });
    t.diagnostic(`${JSON.stringify(countEnds(run.outcomes))}, ${run.epochs} epochs, longest ${run.longestMs.toFixed(0)} ms`);
    assertSound(run);
    assert.deepEqual(run.outcomes.map(({ header }) => header.frame), Array.from({ length: PLAN.frames }, (_, i) => i));
    assert.ok(run.epochs > 10);
  });
}

test("a live stream through the same faults: order strict, each admitted frame ends once, none is looked at too old", async (t) => {
  const run = await runThroughFaults({ ...PLAN, frames: 1500, seed: 3, rateFps: 500 });
  const { stats, outcomes } = run;
  t.diagnostic(`${JSON.stringify(countEnds(outcomes))}, skipped ${JSON.stringify(stats.skipped)}, ${run.epochs} epochs, longest ${run.longestMs.toFixed(0)} ms`);
  assertSound(run);
  for (const outcome of outcomes) {
    if (outcome.kind === "detected") assert.ok(outcome.times.queue < PLAN.maxAgeMs + FAULTS.mostMs + SLACK_MS, `looked at ${outcome.times.queue} ms after its capture`);
  }
});

test("a wall clock that is set back by an hour changes no duration, no order and no limit", async () => {
  const frames = 600;
  const wall = { backMs: 0 };
  const clock: Clock = { ...systemClock, wallMs: () => systemClock.wallMs() - wall.backMs };
  const { sink, records } = collector(({ frame }) => {
    if (frame === frames / 2) wall.backMs = 3_600_000;
  });
  const options = settings({ sources: [`test:numbered?frames=${frames}`], pool: { workers: 2 } });
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
