import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Found } from "../session/compare.js";
import { requireShared, shared } from "../support/paths.js";
import { runToEnd, settings } from "../support/session.js";
import { startCli } from "../support/cli.js";
import { requireNats, startBroker } from "./nats-server.js";

const CLIP = "car-detection";
const QUALITIES = [95, 90, 75, 50];

/** What frames that travel as JPEG cost: the same clip and model, against the very pixels. Prints a table; asserts only that raw is exact. */
test("what JPEG costs in detections, by quality", async (t) => {
  if (!requireShared(t) || !requireNats(t)) return;
  await using broker = await startBroker({ maxPayloadBytes: 8 * 1024 * 1024 });
  const model = { path: shared("models", "yolox_nano.onnx"), labels: shared("models", "yolox_nano.labels.txt") };
  const worker = startCli(["worker", "--nats", broker.url, "--model", model.path, "--workers", "2"], { timeoutMs: 800_000 });
  try {
    await worker.saying(/serves .* with/);
    const detect = { conf: 0.25, iou: 0.45 };
    const run = async (inference: Parameters<typeof settings>[0]["inference"]) => (await runToEnd(settings({ sources: [shared("clips", `${CLIP}.mp4`)], model, detect, inference }))).records;
    const threads = await run({ workers: 2 });
    const reference: Found[][] = threads.map(({ objects }) => objects.map(({ classId, score, box }) => ({ classId, score, box })));
    const through = (frames: "raw" | "jpeg", jpegQuality = 90) => run({ mode: "queue", queue: { url: broker.url, frames, jpegQuality } });
    assert.deepEqual((await through("raw")).map(({ objects }) => objects), threads.map(({ objects }) => objects));
    const objects = reference.flat().length;
    for (const quality of QUALITIES) {
      const { pairs, meanIou, meanDifference, alone } = compare(reference, await through("jpeg", quality));
      t.diagnostic(`quality ${quality}: ${pairs} of ${objects} objects found again, mean IoU ${meanIou.toFixed(4)}, mean score difference ${meanDifference.toFixed(4)}, ${alone.length} sure ones (score >= .375) alone`);
      assert.ok(pairs > 0);
    }
  } finally {
    worker.child.kill("SIGKILL");
  }
});
