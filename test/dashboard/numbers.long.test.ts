import assert from "node:assert/strict";
import { test } from "node:test";
import { requireBrowser } from "./browser.js";
import { runNumbered } from "./numbered-run.js";

const SHOWN = 1000;

for (const { load, loads, sourceFps, factor } of [
  { load: "at ease", loads: 0, sourceFps: 25, factor: 1 },
  { load: "at three times overload", loads: 36, sourceFps: 60, factor: 3 },
]) {
  test(`${SHOWN} shown pictures ${load}: each with its own boxes, and no fewer than 0.9 x min(10, inferred fps) a second`, async (t) => {
    const browser = await requireBrowser(t);
    if (!browser) return;
    const run = await runNumbered(t, browser, { shown: SHOWN, sourceFps, loads });
    t.diagnostic(`${run.shown} shown, ${run.shownFps.toFixed(1)} a second; ${run.inferredFps.toFixed(1)} of ${run.inFps.toFixed(1)} inferred`);
    assert.deepEqual(run.mismatches, []);
    assert.equal(run.unlooked, 0);
    assert.ok(run.shownFps >= 0.9 * Math.min(10, run.inferredFps), `${run.shownFps} a second of ${run.inferredFps} inferred`);
    assert.ok(run.inFps >= 0.95 * factor * run.inferredFps, `${run.inferredFps} of ${run.inFps} fps were inferred: the load is not the one meant`);
  });
}
