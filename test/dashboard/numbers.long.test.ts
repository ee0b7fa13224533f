import assert from "node:assert/strict";
import { test } from "node:test";
import { requireBrowser } from "./browser.js";
import { runNumbered, runOverloaded, type NumberedRun } from "./numbered-run.js";

/** Of each; SIGHTLINE_PICTURES=1000 for the thousand that is promised. */
const SHOWN = Number(process.env["SIGHTLINE_PICTURES"] ?? 400);
const LEAST_SHARE = 0.9;

function assertExact(run: NumberedRun): void {
  assert.equal(run.shown >= SHOWN, true);
  assert.deepEqual(run.mismatches, []);
  assert.equal(run.unlooked, 0);
  assert.ok(run.shownFps >= LEAST_SHARE * Math.min(10, run.inferredFps), `${run.shownFps} a second of ${run.inferredFps} inferred`);
}

const words = ({ shown, shownFps, inferredFps, inFps }: NumberedRun): string =>
  `${shown} shown, ${shownFps.toFixed(1)} a second; ${inferredFps.toFixed(1)} of ${inFps.toFixed(1)} inferred`;

test(`${SHOWN} pictures at ease: each with its own boxes, at least 0.9 x min(10, inferred fps) a second`, async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const run = await runNumbered(t, browser, { shown: SHOWN, sourceFps: 25, loads: 0 });
  t.diagnostic(words(run));
  assertExact(run);
});

test(`${SHOWN} pictures at three times overload: each with its own boxes, at least 0.9 x min(10, inferred fps) a second`, async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const run = await runOverloaded(t, browser, SHOWN);
  t.diagnostic(words(run));
  assertExact(run);
});
