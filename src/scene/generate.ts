/*
 * Draws scenes from the command line, once the project is built:
 *
 *   node dist/src/scene/generate.js dataset --out DIR --seed 1000000 --scenes 1600 --per-scene 4 \
 *     --variant hard --post --processes 2
 *   node dist/src/scene/generate.js clip --out samples/street.mp4 --truth samples/street.truth.jsonl
 *
 * `dataset` writes `frames.rgb` (640x360 RGB frames, 8 bits, one after another) and `labels.jsonl` (one line a frame);
 * `--post` adds the camera's noise, blur and JPEG. `clip` writes the demo's video and what it truly shows.
 */
import { parseArgs } from "node:util";
import { writeClip } from "./clip.js";
import { writeDataset, writePart } from "./dataset.js";
import { STREET_SHOTS } from "./street-shots.js";
import { VARIANTS, type VariantName } from "./variant.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    truth: { type: "string" },
    ffmpeg: { type: "string", default: "ffmpeg" },
    crf: { type: "string", default: "22" },
    seed: { type: "string", default: "0" },
    scenes: { type: "string", default: "1" },
    "per-scene": { type: "string", default: "1" },
    variant: { type: "string", default: "tame" },
    post: { type: "boolean", default: false },
    processes: { type: "string", default: "1" },
    // Set by writeDataset on the processes it starts.
    part: { type: "string" },
  },
});

/** Writes progress where it is in nobody's way. */
function report(line: string): void {
  process.stderr.write(`${line}\n`);
}

function whole(name: "seed" | "scenes" | "per-scene" | "processes" | "crf"): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`--${name} ${values[name]}: expected a whole number, 0 or more`);
  return value;
}

function variantName(): VariantName {
  if (!(values.variant in VARIANTS))
    throw new Error(`--variant ${values.variant}: expected one of ${Object.keys(VARIANTS).join(", ")}`);
  return values.variant as VariantName;
}

async function dataset(outDir: string): Promise<void> {
  const plan = {
    outDir,
    seed: whole("seed"),
    scenes: whole("scenes"),
    perScene: whole("per-scene"),
    variant: variantName(),
    flawed: values.post,
  };
  if (values.part === undefined) {
    await writeDataset(plan, whole("processes"), [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
    return;
  }
  const [from, to] = values.part.split("-").map(Number) as [number, number];
  await writePart(plan, from, to, report);
}

const [what] = positionals;
if (what === "dataset" && values.out !== undefined) await dataset(values.out);
else if (what === "clip" && values.out !== undefined && values.truth !== undefined) {
  const { out: outPath, truth: truthPath, ffmpeg: ffmpegPath } = values;
  await writeClip({ shots: STREET_SHOTS, outPath, truthPath, ffmpegPath, crf: whole("crf") }, report);
} else {
  report(
    "expected: dataset --out DIR [--seed N --scenes N --per-scene N --variant tame|hard --post --processes N], " +
      "or clip --out FILE --truth FILE [--ffmpeg FFMPEG --crf N]",
  );
  process.exitCode = 2;
}
