import assert from "node:assert/strict";
import { test } from "node:test";
import type { FrameOutcome } from "../../src/core/frame.js";
import { numberOf } from "../../src/numbered/index.js";
import { countEnds, runThroughFaults, type FaultyRun } from "./faulty-run.js";

const FAULTS = { exits: 0.004, throws: 0.03, slow: 0.004, slowMs: 600, mostMs: 4 };
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

/** A file through the faults of each seed. */
export function testFile(seeds: readonly number[]): void {
  for (const seed of seeds) {
    test(`a file through threads that fail, hang and exit, epochs that change and a clock set back (seed ${seed}): every frame ends once, in order`, async (t) => {
      const run = await runThroughFaults({ ...PLAN, seed, rateFps: null });
      t.diagnostic(`${JSON.stringify(countEnds(run.outcomes))}, ${run.epochs} epochs, longest ${run.longestMs.toFixed(0)} ms`);
      assertSound(run);
      assert.deepEqual(run.outcomes.map(({ header }) => header.frame), Array.from({ length: PLAN.frames }, (_, i) => i));
      assert.ok(run.epochs > 10);
    });
  }
}

/** A live stream through the faults of each seed. */
export function testLive(seeds: readonly number[]): void {
  for (const seed of seeds) {
    test(`a live stream through the same faults (seed ${seed}): order strict, each admitted frame ends once, none is looked at too old`, async (t) => {
      const run = await runThroughFaults({ ...PLAN, frames: 1500, seed, rateFps: 500 });
      const { stats, outcomes } = run;
      t.diagnostic(`${JSON.stringify(countEnds(outcomes))}, skipped ${JSON.stringify(stats.skipped)}, ${run.epochs} epochs, longest ${run.longestMs.toFixed(0)} ms`);
      assertSound(run);
      for (const outcome of outcomes) {
        if (outcome.kind === "detected") assert.ok(outcome.times.queue < PLAN.maxAgeMs + FAULTS.mostMs + SLACK_MS, `looked at ${outcome.times.queue} ms after its capture`);
      }
    });
  }
}
