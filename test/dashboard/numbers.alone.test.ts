import assert from "node:assert/strict";
import { test } from "node:test";
import { requireBrowser } from "./browser.js";
import { runOverloaded } from "./numbered-run.js";

const LEAST_SHARE = 0.9;

test("at three times overload every picture that is drawn has its own boxes, and at least 0.9 x min(10, inferred fps) come a second", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const run = await runOverloaded(t, browser, 50);
  t.diagnostic(`${run.shown} shown, ${run.shownFps.toFixed(1)} a second; ${run.inferredFps.toFixed(1)} of ${run.inFps.toFixed(1)} inferred`);
  assert.deepEqual(run.mismatches, []);
  assert.equal(run.unlooked, 0);
  assert.ok(run.shownFps >= LEAST_SHARE * Math.min(10, run.inferredFps), `${run.shownFps} a second of ${run.inferredFps} inferred`);
});
