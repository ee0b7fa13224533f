import assert from "node:assert/strict";
import { test } from "node:test";
import { requireShared } from "../support/paths.js";
import { runToEnd } from "../support/session.js";
import { compare } from "./compare.js";
import { assertExact, oracle, oracleSettings } from "./oracle.js";

/*
 * The judge: what the reference YOLOX code finds in real clips (../shared/oracle/README.md says how it was made). It scales
 * with OpenCV, we scale in FFmpeg; the bar below is what its authors measured that such a pipeline can meet.
 */
const LEAST_MEAN_IOU = 0.985;
const MOST_MEAN_SCORE_DIFFERENCE = 0.03;

for (const [clip, frames, leastPairs] of [["car-detection", 377, 160], ["bottle-detection", 300, 860]] as const) {
  test(`${clip}: every frame once and in order, and its detections agree with the reference's own code`, async (t) => {
    if (!requireShared(t)) return;
    const { records: all, stats } = await runToEnd(oracleSettings(clip), (record, stop) => {
      if (record.frame === frames - 1) stop();
    });
    const records = all.filter((record) => record.frame < frames);
    assert.deepEqual(records.map((record) => record.frame), Array.from({ length: frames }, (_, frame) => frame));
    assert.ok(records.every((record) => record.outcome === "detected"));
    assert.equal(stats[0]?.error, null);
    const { pairs, meanIou, meanDifference, alone } = compare(oracle(clip), records);
    t.diagnostic(`${pairs} pairs, mean IoU ${meanIou.toFixed(4)}, mean score difference ${meanDifference.toFixed(4)}`);
    assert.deepEqual(alone, []);
    assert.ok(pairs >= leastPairs, `${pairs} pairs`);
    assert.ok(meanIou >= LEAST_MEAN_IOU, `mean IoU ${meanIou}`);
    assert.ok(meanDifference <= MOST_MEAN_SCORE_DIFFERENCE, `mean score difference ${meanDifference}`);
  });
}

// All frames of both clips, and the other modes, are a long test.
test("preprocess exact gives the very detections of the reference's own code, as many in each frame", async (t) => {
  if (requireShared(t)) await assertExact(t, "bottle-detection", 50, "threads");
});
