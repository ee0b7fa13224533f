import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figures } from "../../src/accuracy/index.js";
import { encodePng } from "../../src/picture/index.js";
import { CLASS_NAMES, createRenderer, makeStreet } from "../../src/scene/index.js";
import { runCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

/** Far from every seed that the training draws (samples/train/README.md). */
const FIRST_UNSEEN_SEED = 31_000_000;

/**
 * How well the built-in model finds what is in streets that it was never shown: each picture of another scene, drawn, and judged
 * by `sightline eval` against the scene's own truth, as a COCO file. `flags`: what else the command is told.
 */
export async function figuresOnUnseenStreets(scenes: number, flags: readonly string[] = [], env: Readonly<Record<string, string | undefined>> = {}): Promise<Figures> {
  const folder = temporaryFolder();
  await drawDataset(folder, scenes);
  const { code, stdout, stderr } = await runCli(["eval", "--model", project("samples", "street.onnx"), "--data", join(folder, "truth.json"), "--workers", "2", "--json", ...flags], { timeoutMs: 600_000, env });
  assert.equal(code, 0, stderr);
  return (JSON.parse(stdout) as { mean: Figures }).mean;
}

async function drawDataset(folder: string, scenes: number): Promise<void> {
  mkdirSync(join(folder, "images"));
  const images: object[] = [];
  const annotations: object[] = [];
  for (let id = 0; id < scenes; id += 1) {
    const seed = FIRST_UNSEEN_SEED + id;
    const renderer = await createRenderer(makeStreet(seed));
    const { picture, objects } = await renderer.frame((seed * 7.3) % 60, true);
    const name = `${seed}.png`;
    writeFileSync(join(folder, "images", name), await encodePng(picture));
    images.push({ id, file_name: name, width: picture.widthPx, height: picture.heightPx });
    for (const { classId, box: [x1, y1, x2, y2], ignore } of objects) {
      annotations.push({ image_id: id, category_id: classId, bbox: [x1, y1, x2 - x1, y2 - y1], area: (x2 - x1) * (y2 - y1), iscrowd: ignore ? 1 : 0 });
    }
  }
  const categories = CLASS_NAMES.map((name, id) => ({ id, name }));
  writeFileSync(join(folder, "truth.json"), JSON.stringify({ images, annotations, categories }));
}
