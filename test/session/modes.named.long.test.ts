import assert from "node:assert/strict";
import test from "node:test";
import { project, requireShared, shared } from "../support/paths.js";
import { assertSameInAllModes } from "./modes.js";

test("the whole street gives the same records in every mode and with any number of workers", async () => {
  const objects = await assertSameInAllModes(project("samples", "street.mp4"), {});
  assert.ok(objects > 5000, `${objects} objects`);
});

test("a real clip and a real model give the same records in every mode and with any number of workers", async (t) => {
  if (!requireShared(t)) return;
  const objects = await assertSameInAllModes(shared("clips", "car-detection.mp4"), { path: shared("models", "yolox_nano.onnx"), labels: shared("models", "yolox_nano.labels.txt") });
  assert.ok(objects > 200, `${objects} objects`);
});
