import assert from "node:assert/strict";
import { test } from "node:test";
import { requireBrowser } from "./browser.js";
import { runNumbered } from "./numbered-run.js";

test("what is drawn is of one frame, through the real session: 60 pictures at three times overload, not fewer than 0.9 x min(10, inferred fps) a second", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const run = await runNumbered(t, browser, { shown: 60, sourceFps: 60, loads: 36 });
  t.diagnostic(`${run.shown} shown, ${run.shownFps.toFixed(1)} a second; ${run.inferredFps.toFixed(1)} of ${run.inFps.toFixed(1)} inferred`);
  assert.deepEqual(run.mismatches, []);
  assert.equal(run.unlooked, 0);
  assert.ok(run.shownFps >= 0.9 * Math.min(10, run.inferredFps), `${run.shownFps} a second of ${run.inferredFps} inferred`);
  assert.ok(run.inFps >= 3 * run.inferredFps, `${run.inferredFps} of ${run.inFps} fps were inferred: no overload`);
});
