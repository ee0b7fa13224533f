import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FrameRecord } from "../../src/wire/index.js";
import { letterboxFor, rowsOf, type Letterbox, type LetterboxRule } from "../../src/model/index.js";
import { ModelInstance } from "../../src/pool/index.js";
import { probeFile, readProbe } from "../../src/source/index.js";
import { ffmpegArguments } from "../../src/source/ffmpeg-command.js";
import { requireShared, shared } from "../support/paths.js";
import { compare } from "./compare.js";
import { oracle } from "./oracle.js";

/*
 * The table from which FFmpeg's scaler was chosen (source/ffmpeg-command.ts; the table stands in src/model/README.md):
 *   npm test -- --long session/scalers.named
 * Each kind as it is, with accurate_rnd, with full_chroma_int, and with both: FFmpeg alone in rounds, one after the other, the
 * least of each (what else runs at the machine only adds), and what the model then finds against the reference's own
 * detections. What gives the very pixels of an earlier one has its detections.
 */

const KINDS = ["bicubic", "bicublin", "bilinear", "fast_bilinear", "area"];
const FLAGS = KINDS.flatMap((kind) => ["", "+accurate_rnd", "+full_chroma_int", "+accurate_rnd+full_chroma_int"].map((more) => kind + more));
const CLIPS = [["car-detection", 377], ["bottle-detection", 300]] as const;
const ROUNDS = Number(process.env["ROUNDS"] ?? 7);

interface Clip {
  readonly path: string;
  readonly frames: number;
  readonly box: Letterbox;
  readonly rule: LetterboxRule;
}

/** The arguments of a run, with other flags of its scaler. */
function argumentsFor({ path, box, rule, frames }: Clip, flags: string, output: string): string[] {
  const args = ffmpegArguments({
    plan: { input: `file:${path}`, options: [], stdin: "ignore" }, decodeThreads: 1, letterbox: rule, expected: box, pixels: "fitted", everyNth: 1, isTold: false, picture: null,
  }, { maxFps: null, watched: false });
  const chosen = args.map((arg) => arg.replace(/flags=\w+/, `flags=${flags}`));
  assert.ok(chosen.some((arg) => arg.includes(`flags=${flags}`)));
  return [...chosen.slice(0, -1), "-frames:v", String(frames), "-y", output];
}

/** Processor time of FFmpeg alone, decoding included, ms a frame. */
function cost(clip: Clip, flags: string): number {
  const { stderr } = spawnSync("ffmpeg", ["-benchmark", ...argumentsFor(clip, flags, "/dev/null")], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const [, user, system] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  return ((Number(user) + Number(system)) * 1000) / clip.frames;
}

/** What the model finds in each frame. */
async function found(model: ModelInstance, clip: Clip, flags: string): Promise<FrameRecord[]> {
  const rows = rowsOf(clip.box);
  const bytes = 3 * clip.box.inputWidthPx * rows.heightPx;
  const child = spawn("ffmpeg", argumentsFor(clip, flags, "pipe:1"), { stdio: ["ignore", "pipe", "ignore"] });
  const records: FrameRecord[] = [];
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) {
      const { boxes, scores, classIds, labels, widthPx, heightPx } = await model.detect({ planes: rest.subarray(0, bytes), rows, letterbox: clip.box });
      const objects = labels.map((label, i) => ({ classId: classIds[i]!, label, score: scores[i]!, box: [...boxes.subarray(4 * i, 4 * i + 4)] }));
      records.push({ frame: records.length, widthPx, heightPx, objects } as unknown as FrameRecord);
    }
  }
  assert.equal(records.length, clip.frames);
  return records;
}

/** MD5 of all pixels. */
function pixelsOf(clip: Clip, flags: string): string {
  const args = argumentsFor(clip, flags, "pipe:1").map((arg) => (arg === "rawvideo" ? "md5" : arg));
  return spawnSync("ffmpeg", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).stdout.trim();
}

test("what each scaler costs, and how near its detections come to the reference's", { timeout: 3_600_000 }, async (t) => {
  if (!requireShared(t)) return;
  await using model = await ModelInstance.open({ model: shared("models", "yolox_nano.onnx"), labels: shared("models", "yolox_nano.labels.txt"), conf: 0.25, iou: 0.45 });
  const { inputWidthPx, inputHeightPx, letterbox: rule } = model.model;
  const lines = ["| clip | flags | FFmpeg, processor ms a frame | matched | score difference, mean | IoU, mean | missed >= .375 | pixels |", "|---|---|---:|---:|---:|---:|---:|---|"];
  for (const [name, frames] of CLIPS) {
    const path = shared("clips", `${name}.mp4`);
    const { widthPx, heightPx } = readProbe(path, await probeFile("ffprobe", path));
    const clip: Clip = { path, frames, rule, box: letterboxFor(rule, inputWidthPx, inputHeightPx, widthPx, heightPx) };
    const costs = new Map(FLAGS.map((flags) => [flags, [] as number[]]));
    for (let round = 0; round < ROUNDS; round += 1) for (const [flags, ms] of costs) ms.push(cost(clip, flags));
    const reference = oracle(name);
    const seen = new Map<string, { readonly flags: string; readonly result: ReturnType<typeof compare> }>();
    for (const [flags, ms] of costs) {
      const pixels = pixelsOf(clip, flags);
      assert.match(pixels, /^MD5=/);
      const before = seen.get(pixels);
      const result = before?.result ?? compare(reference, await found(model, clip, flags));
      if (before === undefined) seen.set(pixels, { flags, result });
      const { pairs, meanIou, meanDifference, alone } = result;
      assert.ok(pairs > 0);
      lines.push(`| ${name} | ${flags} | ${Math.min(...ms).toFixed(2)} | ${pairs} of ${reference.slice(0, frames).flat().length} | ${meanDifference.toFixed(4)} | ${meanIou.toFixed(4)} | ${alone.length} | ${before ? `those of ${before.flags}` : "its own"} |`);
      t.diagnostic(lines.at(-1)!);
    }
  }
  const table = join(tmpdir(), "sightline-scalers.md");
  writeFileSync(table, `${lines.join("\n")}\n`);
  t.diagnostic(`written to ${table}`);
});
