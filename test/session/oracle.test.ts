import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { requireShared, shared } from "../support/paths.js";
import { runToEnd, settings } from "../support/session.js";
import { compare, type Found } from "./compare.js";

/*
 * The judge: what the reference YOLOX code finds in real clips (../shared/oracle/README.md says how it was made). It scales
 * with OpenCV, we scale in FFmpeg; the bar below is what its authors measured that such a pipeline can meet.
 */
const LEAST_MEAN_IOU = 0.985;
const MOST_MEAN_SCORE_DIFFERENCE = 0.03;

function oracle(clip: string): Found[][] {
  const lines = readFileSync(shared("oracle", `${clip}.cv2.class-aware.jsonl`), "utf8").trim().split("\n");
  return lines.map((line) =>
    (JSON.parse(line) as { detections: { class_id: number; score: number; box: number[] }[] }).detections.map(({ class_id: classId, score, box }) => ({ classId, score, box })),
  );
}

for (const [clip, frames, leastPairs] of [["car-detection", 377, 160], ["bottle-detection", 300, 860]] as const) {
  test(`${clip}: every frame once and in order, and its detections agree with the reference's own code`, async (t) => {
    if (!requireShared(t)) return;
    const options = settings({
      sources: [shared("clips", `${clip}.mp4`)],
      model: { path: shared("models", "yolox_nano.onnx"), labels: shared("models", "yolox_nano.labels.txt") },
      detect: { conf: 0.25, iou: 0.45 },
      inference: { workers: 2 },
    });
    const { records: all, stats } = await runToEnd(options, (record, stop) => {
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
