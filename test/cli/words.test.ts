import assert from "node:assert/strict";
import test from "node:test";
import { FLAGS, settingsFlags } from "../../src/cli/flags.js";
import { cut, headOf, progressText } from "../../src/cli/progress.js";
import { coded, errorText } from "../../src/cli/report-error.js";
import { reportJson, reportOf, summaryText, type RunFacts } from "../../src/cli/summary.js";
import { paintFor, printable } from "../../src/cli/terminal.js";
import { loadSettings } from "../../src/config/index.js";
import { PipelineError } from "../../src/core/errors.js";
import type { StreamStats } from "../../src/core/stats.js";

const plain = paintFor({ isTTY: false }, {});

function stats(changes: Partial<StreamStats> = {}): StreamStats {
  return {
    stream: "gate", state: "ended", epoch: 1, decoded: 100,
    outcomes: { detected: 90, failed: 1, late: 0, aborted: 0, still: 0 },
    skipped: { no_slot: 0, busy: 6, too_old: 2, max_fps: 0, stopped: 0 },
    inHouse: 1, inHouseLimit: 4, fps: { in: 25, out: 24.6 },
    latencyMs: { p50: 40.04, p95: 61.26, p99: 80 }, stagesMs: { infer: 17.12345 },
    objects: { person: 12, car: 300 }, expectedFrames: 377, firstRecordMs: 300, elapsedMs: 4020, error: null,
    ...changes,
  };
}

const facts = (changes: Partial<RunFacts> = {}): RunFacts => ({
  command: "run", stoppedBy: null, error: null, model: "m@1", mode: "threads", workers: 2, url: null, streams: [stats()], ...changes,
});

test("the progress line says frames, share, rate, time left, objects and drops", () => {
  assert.equal(progressText("gate", [stats()]), "gate  99/377 frames  26%  24.6 fps  ETA 0:11  312 objects  8 dropped  1 failed");
});

test("what is not known is not said: no share and no time left of an endless source", () => {
  const live = stats({ expectedFrames: null, outcomes: { detected: 91, failed: 0, late: 0, aborted: 0, still: 0 } });
  assert.equal(progressText("live", [live]), "live  99 frames  24.6 fps  312 objects  8 dropped");
  assert.match(progressText("a", [stats({ expectedFrames: 100_000, fps: { in: 10, out: 10 } })]), / ETA 2:46:30 /);
  assert.doesNotMatch(progressText("a", [stats({ fps: { in: 0, out: 0 } })]), /ETA/);
});

test("several streams are added up; one without an end makes the whole endless", () => {
  assert.match(progressText("a b", [stats(), stats()]), /^a b {2}198\/754 frames {2}26% {2}49\.2 fps/);
  assert.match(progressText("a b", [stats(), stats({ expectedFrames: null })]), /^a b {2}198 frames {2}49\.2 fps/);
});

test("a few streams are named, many are counted with those that failed; what has ended has no rate any more", () => {
  assert.equal(headOf([stats(), stats({ stream: "yard" })]), "gate yard");
  const many = Array.from({ length: 30 }, (_, i) => stats({ stream: `c${i}`, state: i < 2 ? "failed" : "live" }));
  assert.equal(headOf(many), "30 streams, 2 failed");
  assert.equal(headOf(many.slice(2)), "28 streams");
  assert.match(progressText("x", [stats(), stats({ state: "live", fps: { in: 5, out: 5 } })]), / 5\.0 fps /);
});

test("the line says what keeps a stream from being live: of one its words, of several how many", () => {
  const lost = stats({ state: "reconnecting", expectedFrames: null, error: { code: "E_SOURCE_REFUSED", message: "gate: nobody listens; next try in 0.6 s" } });
  assert.match(progressText("gate", [lost]), / {2}reconnecting: gate: nobody listens; next try in 0\.6 s$/);
  assert.match(progressText("a b c", [lost, lost, stats({ state: "stalled" })]), / {2}reconnecting 2, stalled 1$/);
  assert.doesNotMatch(progressText("a", [stats()]), /live|connecting/);
});

test("a line is cut one column short of the terminal", () => {
  assert.equal(cut("0123456789", 11), "0123456789");
  assert.equal(cut("0123456789", 10), "01234567…");
});

test("the summary names each stream's frames, rate, latency, drops by cause, objects and losses", () => {
  assert.equal(
    summaryText(reportOf(facts()), plain),
    "gate  100 frames in 4.0 s, 24.6 fps  (m@1, mode threads, 2 workers)\n" +
      "  latency   p50 40.0  p95 61.3  p99 80.0 ms\n" +
      "  dropped   busy 6, too_old 2\n" +
      "  objects   car 300, person 12\n" +
      "  lost      failed 1",
  );
});

test("the report balances what was decoded against how it ended", () => {
  assert.deepEqual(reportOf(facts({ streams: [stats(), stats()] })).accounting, {
    equation: "decoded = detected + failed + late + aborted + still + skipped + inHouse",
    decoded: 200, detected: 180, failed: 2, late: 0, aborted: 0, still: 0, skipped: 16, inHouse: 2, balanced: true,
  });
  assert.equal(reportOf(facts({ streams: [stats({ decoded: 101 })] })).accounting.balanced, false);
});

test("the exit status is that of the first failed stream, or 0, also when a signal stopped the run", () => {
  const failed = stats({ state: "failed", error: { code: "E_FFMPEG_ENDED", message: "x" } });
  assert.equal(reportOf(facts()).exitCode, 0);
  assert.deepEqual([reportOf(facts({ streams: [stats(), failed] })).exitCode, reportOf(facts({ streams: [failed] })).ok], [1, false]);
  assert.equal(reportOf(facts({ stoppedBy: "SIGTERM" })).exitCode, 0);
  assert.equal(reportOf(facts({ stoppedBy: "SIGINT", streams: [failed] })).exitCode, 1);
  assert.equal(reportOf(facts({ error: { code: "E_CONFIG", message: "x" } })).exitCode, 2);
});

test("a stuck pool decides the status whatever else failed; a reader that went away is no failure", () => {
  const failed = (code: "E_FFMPEG_ENDED" | "E_POOL_STUCK" | "E_STOPPED"): StreamStats => stats({ state: "failed", error: { code, message: "x" } });
  assert.equal(reportOf(facts({ streams: [failed("E_FFMPEG_ENDED"), failed("E_POOL_STUCK")] })).exitCode, 137);
  assert.deepEqual([reportOf(facts({ streams: [failed("E_STOPPED")] })).exitCode, reportOf(facts({ streams: [failed("E_STOPPED")] })).ok], [0, true]);
});

test("JSON has one line and figures to a thousandth", () => {
  const text = reportJson(reportOf(facts()));
  assert.equal(text.includes("\n"), false);
  assert.equal((JSON.parse(text) as { streams: StreamStats[] }).streams[0]?.stagesMs["infer"], 17.123);
});

test("an error is one line: code, what was seen, what to do; never a secret, never what steers a terminal", () => {
  const error = new PipelineError("E_MODEL_MISSING", "m\u001b[31m.onnx of rtsp://me:pw@cam was not found");
  assert.equal(errorText(error, plain), "sightline: E_MODEL_MISSING  m?[31m.onnx of rtsp://***@cam was not found. Check the path.");
  assert.equal(printable("a\r\nb\u009bc"), "a?\nb?c");
});

test("what has no code is our own mistake, in one line", () => {
  const { code, message } = coded(new TypeError("x is not a function\nmore"));
  assert.deepEqual([code, message], ["E_INTERNAL", "x is not a function"]);
});

test("colours are for terminals whose owner did not switch them off", () => {
  assert.equal(paintFor({ isTTY: true }, {}).red("x"), "\u001b[31mx\u001b[39m");
  for (const paint of [plain, paintFor({ isTTY: true }, { NO_COLOR: "1" }), paintFor({ isTTY: true }, { TERM: "dumb" })]) assert.equal(paint.red("x"), "x");
});

test("every flag that names a setting names one that exists, and reaches it", async () => {
  const given = {
    model: "m.onnx", labels: "coco", out: "o.jsonl", serve: "[::1]:9000", workers: "3", conf: "0.5", iou: "0.6", classes: "car,2", maxFps: "7.5", realtime: true, loop: true,
  };
  const settings = await loadSettings({ flags: settingsFlags(FLAGS.run, given, ["a,b.mp4"]) });
  assert.deepEqual(settings.model, { path: "m.onnx", labels: "coco", family: null, task: null, imgsz: null });
  assert.deepEqual([settings.serve?.host, settings.serve?.port, settings.inference.workers, settings.live.maxFps], ["::1", 9000, 3, 7.5]);
  assert.deepEqual([settings.detect.conf, settings.detect.iou, settings.detect.classes], [0.5, 0.6, ["car", 2]]);
  assert.deepEqual([settings.source.realtime, settings.source.loop, settings.log.path, settings.sources], [true, true, "o.jsonl", ["a,b.mp4"]]);
  for (const table of Object.values(FLAGS)) assert.doesNotThrow(() => settingsFlags(table, { serve: "1" }, []));
});
