import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { accuracyOf, type Accuracy, type JudgedPicture } from "../../src/accuracy/index.js";
import { createRenderer, makeStreet } from "../../src/scene/index.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { runToEnd, settings } from "../support/session.js";

/** Far from every seed that the training draws (samples/train/README.md). */
const FIRST_UNSEEN_SEED = 31_000_000;

/**
 * How well the built-in model finds what is in streets that it was never shown: each frame of another scene, drawn, sent
 * as a lossless video through the whole product, and judged against the scene's own truth.
 */
export async function accuracyOnUnseenStreets(scenes: number): Promise<Accuracy> {
  const video = join(temporaryFolder(), "streets.mkv");
  const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "640x360", "-r", "25", "-i", "pipe:0"];
  const encoder = spawn("ffmpeg", ["-v", "error", "-y", ...raw, "-c:v", "ffv1", "-pix_fmt", "gbrp", video], { stdio: ["pipe", "ignore", "inherit"] });
  const truths: JudgedPicture["truth"][] = [];
  for (let seed = FIRST_UNSEEN_SEED; seed < FIRST_UNSEEN_SEED + scenes; seed += 1) {
    const renderer = await createRenderer(makeStreet(seed));
    const { picture, objects } = await renderer.frame((seed * 7.3) % 60, true);
    truths.push(objects);
    if (!encoder.stdin.write(picture.data)) await once(encoder.stdin, "drain");
  }
  encoder.stdin.end();
  await once(encoder, "close");
  // Everything down to the faintest guess, as mAP asks for.
  const detect = { conf: 0.01, iou: 0.6, maxDetections: 100 };
  const model = { path: project("samples", "street.onnx") };
  const { records } = await runToEnd(settings({ sources: [video], model, detect, inference: { workers: 2 } }));
  return accuracyOf(records.map((record) => ({ truth: truths[record.frame] ?? [], found: record.objects })));
}
