import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { PLAIN_HEAD, type ModelInfo } from "../../src/model/index.js";
import { numberedModel } from "../../src/numbered/index.js";
import { loadModelInfo, taskLimits, type TaskLimits, type ThreadPoolOptions } from "../../src/pool/index.js";

/** Limits that let everything through that a numbered frame holds. */
export const LIMITS: TaskLimits = taskLimits({ conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 10 });

/** For thread programs that load no model. */
export const NO_MODEL: Pick<ThreadPoolOptions, "model"> = {
  model: {
    id: "none", sha256: "", path: "", family: "yolov8", task: "detect", head: PLAIN_HEAD, inputName: "", inputType: "float32", sizeInput: null, outputNames: [], inputWidthPx: 1, inputHeightPx: 1, labels: [],
    labelsFrom: "numbers", letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1,
  } satisfies ModelInfo,
};

/**
 * A folder that is gone when the test file is done. The test runner first searches it for planted passwords: a test that
 * has to write one itself (a settings file) takes a folder for what is `secret`.
 */
export function temporaryFolder({ secret = false } = {}): string {
  const searched = secret ? undefined : process.env["TEST_FILES_DIR"];
  const folder = mkdtempSync(join(searched ?? tmpdir(), "sightline-test-"));
  // What is searched is removed by the one who searches.
  if (searched === undefined) after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Options of a pool on the numbered model. */
export async function numberedPoolOptions(): Promise<ThreadPoolOptions> {
  const path = join(temporaryFolder(), "numbered.onnx");
  writeFileSync(path, numberedModel());
  const { info: model } = await loadModelInfo(path, { labels: null });
  return { workers: 1, depth: 1, model, frameTimeoutMs: 10_000, hangLimitMs: 20_000 };
}
