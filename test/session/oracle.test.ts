import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { FrameRecord } from "../../src/wire/index.js";
import { requireShared, shared } from "../support/paths.js";
import { runToEnd, settings } from "../support/session.js";

/*
 * The judge: what the reference YOLOX code finds in real clips (../shared/oracle/README.md says how it was made). It scales
 * with OpenCV, we scale in FFmpeg; the bar below is what its authors measured that such a pipeline can meet.
 */
const SURE = 0.375;
const LEAST_IOU = 0.5;
const LEAST_MEAN_IOU = 0.985;
const MOST_MEAN_SCORE_DIFFERENCE = 0.03;

interface Found {
  readonly classId: number;
  readonly score: number;
  readonly box: readonly number[];
}

function oracle(clip: string): Found[][] {
  const lines = readFileSync(shared("oracle", `${clip}.cv2.class-aware.jsonl`), "utf8").trim().split("\n");
  return lines.map((line) =>
    (JSON.parse(line) as { detections: { class_id: number; score: number; box: number[] }[] }).detections.map(({ class_id: classId, score, box }) => ({ classId, score, box })),
  );
}

/** The oracle's boxes are not clipped to the picture, ours are. */
function clipped({ box, ...rest }: Found, widthPx: number, heightPx: number): Found {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
  return { ...rest, box: [Math.max(0, x1), Math.max(0, y1), Math.min(widthPx, x2), Math.min(heightPx, y2)] };
}

function iou(a: readonly number[], b: readonly number[]): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const inside = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) * Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  return inside / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - inside);
}

function partner(one: Found, others: readonly Found[]): { found: Found; iou: number } | undefined {
  const same = others.filter(({ classId }) => classId === one.classId).map((found) => ({ found, iou: iou(one.box, found.box) }));
  return same.sort((a, b) => b.iou - a.iou).find((candidate) => candidate.iou >= LEAST_IOU);
}

function compare(reference: readonly Found[][], records: readonly FrameRecord[]): { pairs: number; meanIou: number; meanDifference: number; alone: string[] } {
  const alone: string[] = [];
  const ious: number[] = [];
  const differences: number[] = [];
  for (const record of records) {
    const theirs = (reference[record.frame] ?? []).map((one) => clipped(one, record.widthPx, record.heightPx));
    for (const one of theirs) {
      const match = partner(one, record.objects);
      if (match) {
        ious.push(match.iou);
        differences.push(Math.abs(match.found.score - one.score));
      } else if (one.score >= SURE) alone.push(`frame ${record.frame}: theirs ${JSON.stringify(one)}`);
    }
    for (const one of record.objects) if (one.score >= SURE && !partner(one, theirs)) alone.push(`frame ${record.frame}: ours ${JSON.stringify(one)}`);
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { pairs: ious.length, meanIou: mean(ious), meanDifference: mean(differences), alone };
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
