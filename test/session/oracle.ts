import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import type { SessionOptions } from "../../src/session/index.js";
import { shared } from "../support/paths.js";
import { runToEnd, settings } from "../support/session.js";
import { clipped, partner, type Found } from "./compare.js";

/** What the reference found in each frame. */
export function oracle(clip: string): Found[][] {
  const lines = readFileSync(shared("oracle", `${clip}.cv2.class-aware.jsonl`), "utf8").trim().split("\n");
  return lines.map((line) =>
    (JSON.parse(line) as { detections: { class_id: number; score: number; box: number[] }[] }).detections.map(({ class_id: classId, score, box }) => ({ classId, score, box })),
  );
}

/** Settings as the reference was run. */
export function oracleSettings(clip: string, { mode = "threads", source = {} }: { readonly mode?: string; readonly source?: { readonly preprocess?: "exact" } } = {}): SessionOptions {
  return settings({
    sources: [shared("clips", `${clip}.mp4`)],
    model: { path: shared("models", "yolox_nano.onnx"), labels: shared("models", "yolox_nano.labels.txt") },
    detect: { conf: 0.25, iou: 0.45 },
    inference: { workers: 2, mode },
    source,
  });
}

/** Rounded in the reference's file: scores to 1e-6, boxes to 1e-4. */
const MOST_EXACT = { score: 1e-3, px: 0.1 };

/** Runs `frames` frames of a clip with the reference's own resize: as many objects in each, all but the same. */
export async function assertExact(t: TestContext, clip: string, frames: number, mode: "threads" | "shared" | "processes"): Promise<void> {
  const { records } = await runToEnd(oracleSettings(clip, { mode, source: { preprocess: "exact" } }), (record, stop) => {
    if (record.frame === frames - 1) stop();
  });
  const worst = { score: 0, px: 0 };
  const reference = oracle(clip);
  for (const { frame, widthPx, heightPx, objects } of records.filter((record) => record.frame < frames)) {
    const theirs = (reference[frame] ?? []).map((one) => clipped(one, widthPx, heightPx));
    assert.equal(objects.length, theirs.length, `frame ${frame}`);
    for (const one of theirs) {
      const match = partner(one, objects);
      assert.ok(match, `frame ${frame}: theirs ${JSON.stringify(one)}`);
      worst.score = Math.max(worst.score, Math.abs(match.found.score - one.score));
      worst.px = Math.max(worst.px, ...one.box.map((side, i) => Math.abs(side - match.found.box[i]!)));
    }
  }
  assert.equal(records.filter((record) => record.frame < frames).length, frames);
  assert.ok(reference.slice(0, frames).flat().length > frames / 4, "too little to see for a proof");
  t.diagnostic(`greatest difference: score ${worst.score.toExponential(1)}, ${worst.px.toFixed(4)} px`);
  assert.ok(worst.score <= MOST_EXACT.score && worst.px <= MOST_EXACT.px, JSON.stringify(worst));
}
