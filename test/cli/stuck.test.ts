import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { runCli, startCli, type RunningCli } from "../support/cli.js";
import { hangingModel } from "../support/models.js";
import { project } from "../support/paths.js";

/** One worker whose first run never ends within these limits. */
const IMPATIENT = { SIGHTLINE_INFERENCE_WORKERS: "1", SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS: "200", SIGHTLINE_INFERENCE_HANG_LIMIT_MS: "600" };

/** A clip under a name of its own, by which the FFmpeg that reads it can be recognised. */
function ownClip(): string {
  const clip = join(mkdtempSync(join(tmpdir(), "sightline-stuck-")), "clip.mp4");
  copyFileSync(project("samples", "street.mp4"), clip);
  return clip;
}

function programsThatName(path: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((command) => command.includes(path));
}

const skip = process.platform === "linux" ? false : "SKIPPED: looks for the children in /proc";

test("model runs that hang end the program by force: sinks flushed, FFmpeg gone, the last line says E_POOL_STUCK", { skip }, async () => {
  const clip = ownClip();
  const out = `${clip}.jsonl`;
  const { code, signal, stdout, stderr } = await runCli(["run", clip, "--model", hangingModel(), "--out", out, "--json"], { env: IMPATIENT });
  assert.deepEqual([code, signal], [null, "SIGKILL"], stderr);
  assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^sightline: E_POOL_STUCK {2}.*inference\.hangLimitMs 600 ms\)\. Restart;/);
  assert.equal((JSON.parse(stdout) as { exitCode: number }).exitCode, 137);
  const text = readFileSync(out, "utf8");
  assert.ok(text.endsWith("\n"), "the last record is not whole");
  const outcomes = text.trimEnd().split("\n").map((line) => (JSON.parse(line) as { outcome: string }).outcome);
  assert.ok(outcomes.length > 0 && outcomes.every((outcome) => outcome === "late" || outcome === "aborted" || outcome === "failed"), outcomes.join(" "));
  assert.deepEqual(programsThatName(clip), []);
});

/** Pictures enough that some wait for a thread and some for a slot when the one thread hangs. */
function photos(): string {
  const folder = mkdtempSync(join(tmpdir(), "sightline-stuck-"));
  for (const part of ["images", "labels"]) mkdirSync(join(folder, part));
  for (let i = 0; i < 9; i += 1) {
    copyFileSync(project("samples", "thread-safety", "street.jpg"), join(folder, "images", `${i}.jpg`));
    writeFileSync(join(folder, "labels", `${i}.txt`), "0 0.5 0.5 0.1 0.1\n");
  }
  return folder;
}

for (const [command, preprocess] of [["detect", "ffmpeg"], ["eval", "exact"]] as const) {
  test(`so they do in ${command}, where all pictures wait for them (preprocess ${preprocess})`, { skip }, async () => {
    const folder = photos();
    const args = command === "detect" ? [join(folder, "images"), "--jsonl"] : ["--data", folder];
    const { code, signal, stdout, stderr } = await runCli([command, ...args, "--model", hangingModel()], { env: { ...IMPATIENT, SIGHTLINE_SOURCE_PREPROCESS: preprocess } });
    assert.deepEqual([code, signal], [null, "SIGKILL"], stderr);
    assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^sightline: E_POOL_STUCK {2}\d of 2 model runs hang, .*inference\.hangLimitMs 600 ms\)\. Restart;/);
    for (const line of stdout.split("\n").filter(Boolean)) assert.equal((JSON.parse(line) as { error: { code: string } }).error.code, "E_FRAME_LATE");
  });
}

/** A run whose first frame hangs in its thread for minutes; settles when that frame was given up. */
async function hangingRun(): Promise<{ running: RunningCli; clip: string }> {
  // One frame in two seconds, so that the first one is late while the second worker is still free.
  const slowly = ["--realtime", "--max-fps", "0.5", "--workers", "2", "--out", "-"];
  const env = { ...IMPATIENT, SIGHTLINE_INFERENCE_HANG_LIMIT_MS: "600000" };
  const clip = ownClip();
  const running = startCli(["run", clip, "--model", hangingModel(), ...slowly], { env });
  await new Promise((resolve) => running.child.stdout.once("data", resolve));
  return { running, clip };
}

test("Ctrl-C during a run that hangs tells what it waits for, and a second one ends it by force", { skip }, async () => {
  const { running, clip } = await hangingRun();
  running.child.kill("SIGINT");
  await running.saying(/waiting for [12] model runs?.*; press Ctrl-C again to end by force/);
  running.child.kill("SIGINT");
  const { signal, stderr } = await running.done;
  assert.equal(signal, "SIGKILL");
  assert.match(stderr, /ended by force; a model run may have been in flight\n$/);
  assert.deepEqual(programsThatName(clip), []);
});

test("what has not ended 5 s after a signal is named, then everything is ended by force", { skip }, async () => {
  const { running, clip } = await hangingRun();
  running.child.kill("SIGTERM");
  const { signal, stderr } = await running.done;
  assert.equal(signal, "SIGKILL");
  assert.match(stderr.trimEnd().split("\n").at(-1) ?? "", /^sightline: not ended within 5 s, so ended by force; it waited for [12] model runs?/);
  assert.deepEqual(programsThatName(clip), []);
});
