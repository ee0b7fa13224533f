import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import type { PipelineError } from "../../src/core/errors.js";
import { openSession } from "../../src/session/index.js";
import { constantModel } from "../support/models.js";
import { requireShared, shared } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { runToEnd, settings } from "../support/session.js";
import { ffmpeg } from "../support/source.js";

const folder = temporaryFolder();
const FRAMES = 40;

function clip(): string {
  const path = join(folder, "clip.mkv");
  if (!existsSync(path)) ffmpeg("-f", "lavfi", "-i", `testsrc2=size=64x64:rate=20:duration=${FRAMES / 20}`, "-c:v", "ffv1", path);
  return path;
}

const base = { inference: { workers: 2 } };

test("a frame whose inference fails ends as failed, with its reason, and the run goes on to the end", async () => {
  const { records, stats } = await runToEnd(settings({ sources: [clip()], model: { path: constantModel(NaN) }, inference: { workers: 2, maxConsecutiveFailures: 1000 } }));
  assert.equal(records.length, FRAMES);
  assert.ok(records.every((record) => record.outcome === "failed" && record.error?.code === "E_MODEL_OUTPUT" && record.objects.length === 0));
  assert.equal(stats[0]?.error, null);
  assert.equal(stats[0]?.outcomes.failed, FRAMES);
});

test("so many failures one after another as the setting says end the stream with the cause", async () => {
  const options = settings({ sources: [clip()], model: { path: constantModel(NaN) }, inference: { workers: 2, maxConsecutiveFailures: 5 } });
  const { records, stats } = await runToEnd(options);
  assert.equal(stats[0]?.error?.code, "E_CONSECUTIVE_FAILURES");
  assert.match(stats[0].error.message, /5 frames in a row.*E_MODEL_OUTPUT/);
  assert.ok(records.length >= 5 && records.length < FRAMES, `${records.length} records`);
});

test("a disk without room ends the run with E_OUT_FULL", async (t) => {
  if (!existsSync("/dev/full")) return t.skip("SKIPPED: this system has no /dev/full");
  const options = settings({ ...base, sources: [clip()], model: { path: constantModel(0) }, log: { path: "/dev/full" } });
  const { stats } = await runToEnd(options);
  assert.equal(stats[0]?.error?.code, "E_OUT_FULL");
});

test("what was recorded before a stream failed stays whole", async () => {
  const path = join(folder, "kept.jsonl");
  const inference = { workers: 2, maxConsecutiveFailures: 5 };
  await runToEnd(settings({ sources: [clip()], model: { path: constantModel(NaN) }, inference, log: { path } }));
  const lines = readFileSync(path, "utf8").split("\n");
  assert.equal(lines.pop(), "");
  assert.deepEqual(lines.map((line) => (JSON.parse(line) as { frame: number }).frame), [...lines.keys()]);
});

/** FFmpeg processes that are our children. */
function ffmpegs(): string {
  try {
    return execFileSync("pgrep", ["-P", String(process.pid), "ffmpeg"], { encoding: "utf8" });
  } catch {
    return "";
  }
}

test("stopped at any moment a session ends cleanly: nothing unaccounted for, no child left", async () => {
  for (const stopAt of [0, 1, 2, 5, 13, 30]) {
    const options = settings({ ...base, sources: [clip()], source: { loop: true }, model: { path: constantModel(0) } });
    let seen = 0;
    const { stats } = await runToEnd(options, (_record, stop) => {
      if (seen++ === stopAt) stop();
    });
    assert.equal(stats[0]?.error, null);
    assert.equal(stats[0]?.state, "ended");
    assert.equal(ffmpegs(), "");
  }
});

test("a session that is told to stop before it has opened still opens and closes cleanly, or refuses with E_STOPPED", async () => {
  const world = { signal: AbortSignal.abort(), clock: systemClock, version: "test", notice: () => undefined };
  const options = settings({ ...base, sources: [clip()], model: { path: constantModel(0) } });
  try {
    await using session = await openSession(options, world);
    await session.done;
  } catch (error) {
    assert.equal((error as { code?: string }).code, "E_STOPPED");
  }
  assert.equal(ffmpegs(), "");
});

test("a live stream faster than the model looks at the newest frames, counts the rest, and does not fall behind", async (t) => {
  if (!requireShared(t)) return;
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=60:duration=4", "-c:v", "mpeg4", "-q:v", "5", join(folder, "fast.mp4"));
  const model = { path: shared("models", "yolo11n_640_random.onnx") };
  const options = settings({ sources: [join(folder, "fast.mp4")], model, inference: { workers: 1 }, source: { realtime: true }, live: { maxAgeMs: 500 } });
  const { records, stats } = await runToEnd(options);
  const [one] = stats;
  assert.ok(one);
  assert.equal(one.decoded, 240);
  assert.ok(one.outcomes.detected > 5 && one.skipped.busy > 50, JSON.stringify(one));
  assert.ok(one.inHouseLimit === 2);
  const slowest = Math.max(...records.map((record) => record.timesMs.infer ?? 0));
  const oldest = Math.max(...records.map((record) => record.timesMs.total));
  assert.ok(oldest < 500 + 2 * slowest + 250, `a record was ${oldest} ms old, the slowest run took ${slowest} ms`);
  const skipped = records.reduce((sum, record) => sum + Object.values(record.skipped ?? {}).reduce((a, b) => a + b, 0), 0);
  assert.ok(skipped <= 240 - records.length && skipped > 50);
});

test("the reference's own resize over a broker is refused before anything is opened there", async () => {
  const options = settings({ sources: [clip()], source: { preprocess: "exact" }, inference: { mode: "queue", queue: { url: "nats://127.0.0.1:9" } } });
  await assert.rejects(openSession(options), (error: PipelineError) => error.code === "E_CONFIG" && /preprocess is exact, inference.mode is queue/.test(error.message));
});
