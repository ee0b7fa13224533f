import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runCli } from "../support/cli.js";
import { assertWholeLog } from "../support/log.js";
import { project } from "../support/paths.js";
import { ffmpeg, probed } from "./clips.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-save-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const here = (name: string): string => join(folder, name);

ffmpeg("-i", project("samples", "street.mp4"), ..."-t 0.8 -c copy".split(" "), here("street.mp4"));

test("run --save writes the same video as render makes of the log afterwards", async () => {
  const run = await runCli(["run", here("street.mp4"), "--workers", "1", "--out", here("street.jsonl"), "--save", here("saved.mp4")]);
  assert.equal(run.code, 0, run.stderr);
  const frames = probed(here("street.mp4")).video.nb_read_frames;
  assert.match(run.stderr, new RegExp(`saved\\.mp4: ${frames} frames, [1-9]\\d* boxes\\n`));
  const render = await runCli(["render", here("street.mp4"), here("street.jsonl"), "--out", here("rendered.mp4")]);
  assert.equal(render.code, 0, render.stderr);
  assert.ok(readFileSync(here("saved.mp4")).equals(readFileSync(here("rendered.mp4"))));
});

test("an encoder that dies ends the run with its code, and the log is whole", { skip: process.platform === "win32" ? "SKIPPED: the stand-in is a shell script" : false }, async () => {
  // FFmpeg for everything but encoding: that one takes some of the frames and ends.
  const program = here("ffmpeg-that-fails");
  writeFileSync(program, '#!/bin/sh\ncase "$*" in\n  *libx264*) head -c 3000000 >/dev/null; echo "[error] Error while opening encoder: the card is gone" >&2; exit 1 ;;\n  *) exec ffmpeg "$@" ;;\nesac\n');
  chmodSync(program, 0o755);
  writeFileSync(here("settings.yaml"), `source: { ffmpegPath: ${JSON.stringify(program)} }\n`);
  const { code, stderr } = await runCli(["run", here("street.mp4"), "--config", here("settings.yaml"), "--workers", "1", "--out", here("cut.jsonl"), "--save", here("cut.mp4")]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /E_RENDER_ENCODER .*the card is gone/);
  assertWholeLog(here("cut.jsonl"));
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("cut.mp4")), []);
});

test("what has no frame for each record is refused at the door, with what to do", async () => {
  for (const [args, expected] of [
    [[here("street.mp4"), here("street.mp4")], /there are 2 streams; for each of several files run it with --out and then: sightline render/],
    [[here("street.mp4"), "--loop"], /which --loop does not give/],
  ] as const) {
    const { code, stderr } = await runCli(["run", ...args, "--save", here("no.mp4")]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
});
