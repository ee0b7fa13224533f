import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { loadSettings, type SettingsSources } from "../../src/config/index.js";
import { PipelineError } from "../../src/core/errors.js";
import { project } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-config-"));

/** `serve` with nothing said of it. */
const SERVED = {
  host: "127.0.0.1", port: 8420, pictureFps: 10, pictureWidthPx: 960,
  tokensFile: null, insecureNoAuth: false, allowedHosts: [], allowedOrigins: [], tls: null, maxConnections: 1024, maxConnectionsPerAddress: 256,
};

function yamlFile(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function refusal(sources: SettingsSources): Promise<{ code: string; lines: string[] }> {
  const error: unknown = await loadSettings(sources).then(
    () => assert.fail("these settings should have been refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PipelineError, String(error));
  return { code: error.code, lines: error.message.split("\n").map((line) => line.replaceAll(`${folder}/`, "")) };
}

const QUEUE = {
  url: "nats://127.0.0.1:4222", user: null, password: null, credentialsFile: null, tls: null, mostInFlight: 16, ackWaitMs: 2000, mostDeliveries: 4,
  liveMaxAgeMs: 2000, streamMaxMiB: 128, frames: "raw", jpegQuality: 90,
};

test("without anything written every setting has its default", async () => {
  assert.deepEqual(await loadSettings({}), {
    sources: [],
    streams: {},
    secretsFile: null,
    model: { path: "builtin", labels: null, family: null, task: null, imgsz: null },
    detect: { conf: 0.25, classConf: {}, iou: 0.45, classes: [], agnostic: false, maxDetections: 300, regions: [], ignore: [], minBoxPx: 0, maxBoxPx: 100_000, masks: "rle", topClasses: 5 },
    gate: { kind: "none", sensitivity: "normal", holdMs: 2000, refreshMs: 10_000, ignore: [] },
    inference: { mode: "threads", runtime: "onnxruntime", openvinoPath: null, precision: "f32", device: "auto", workers: "auto", frameTimeoutMs: 10_000, hangLimitMs: 30_000, maxConsecutiveFailures: 50, queue: QUEUE },
    source: { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime: false, loop: false, rtspTransport: "tcp", hwaccel: "none", decode: "auto", everyNth: 1, preprocess: "ffmpeg", decodeThreads: "auto" },
    live: {
      maxAgeMs: 500, maxFps: null,
      connectTimeoutMs: 10_000, firstFrameTimeoutMs: 20_000, silenceTimeoutMs: 10_000,
      backoffMinMs: 1000, backoffMaxMs: 60_000, healthyAfterMs: 10_000,
    },
    log: {
      path: null, rotate: { every: "none", maxMiB: null }, pack: "none", keep: { days: null, totalMiB: null },
      emptyFrames: "all", heartbeatMs: 10_000, syncMs: 1000, bufferMiB: 8,
    },
    api: { schemes: ["rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "test"], allowPrivate: false, fileRoots: [] },
    serve: null,
  });
});

test("the file is overruled by the environment, and both by flags; a preset is the weakest", async () => {
  const settings = await loadSettings({
    preset: { "source.loop": true, "detect.iou": 0.1, "log.path": "preset.jsonl" },
    file: yamlFile("layers.yaml", "inference: { workers: 1, frameTimeoutMs: 200 }\ndetect: { conf: 0.1, iou: 0.2 }\nsources: [a.mp4]\n"),
    environment: { SIGHTLINE_INFERENCE_WORKERS: "2", SIGHTLINE_DETECT_CONF: "0.2", PATH: "/bin" },
    flags: [{ flag: "--workers", key: "inference.workers", value: "3" }],
  });
  assert.equal(settings.inference.workers, 3);
  assert.equal(settings.inference.frameTimeoutMs, 200);
  assert.equal(settings.detect.conf, 0.2);
  assert.equal(settings.detect.iou, 0.2);
  assert.deepEqual(settings.sources, ["a.mp4"]);
  assert.equal(settings.source.loop, true);
  assert.equal(settings.log.path, "preset.jsonl");
});

test("environment variables get the type of their setting; lists are split at commas; an empty one is null", async () => {
  const settings = await loadSettings({
    file: yamlFile("nulls.yaml", "live: { maxFps: 5 }\n"),
    environment: {
      SIGHTLINE_DETECT_CLASSES: "car, 3,traffic light",
      SIGHTLINE_SOURCE_REALTIME: "true",
      SIGHTLINE_LOG_PATH: "1e3",
      SIGHTLINE_LIVE_MAX_FPS: "",
      SIGHTLINE_INFERENCE_WORKERS: "",
      SIGHTLINE_SERVE_PORT: "9000",
      SIGHTLINE_SERVICE_HOST: "10.0.0.7",
      SIGHTLINE_PORT_80_TCP: "tcp://10.0.0.7:80",
    },
  });
  assert.deepEqual(settings.detect.classes, ["car", 3, "traffic light"]);
  assert.equal(settings.source.realtime, true);
  assert.equal(settings.log.path, "1e3");
  assert.equal(settings.live.maxFps, null);
  assert.equal(settings.inference.workers, "auto");
  assert.deepEqual(settings.serve, { ...SERVED, port: 9000, pictureFps: 10 });
});

test("every variable that the README names is known, and may stay set", async () => {
  const names = new Set(readFileSync(project("README.md"), "utf8").match(/\bSIGHTLINE_[A-Z_]*[A-Z]\b/g));
  assert.ok(names.size > 5 && names.has("SIGHTLINE_PEERS"), [...names].join());
  for (const name of names) await loadSettings({ environment: { [name]: "" } }).catch((error: unknown) => assert.doesNotMatch(String(error), /no such setting/));
});

test("a group that is switched off by default is switched on by any of its keys, and off again by null", async () => {
  const file = yamlFile("serve.yaml", "serve:\n  pictureFps: 5\n");
  assert.deepEqual((await loadSettings({ file })).serve, { ...SERVED, port: 8420, pictureFps: 5 });
  const flags = [{ flag: "--serve", key: "serve.port", value: "0" }];
  assert.deepEqual((await loadSettings({ file, flags })).serve, { ...SERVED, port: 0, pictureFps: 5 });
  assert.equal((await loadSettings({ file: yamlFile("off.yaml", "serve: null\n"), preset: { "serve.port": 1 } })).serve, null);
  assert.notEqual((await loadSettings({ file: yamlFile("on.yaml", "serve: {}\n") })).serve, null);
});

test("a file whose groups are all commented out, and an empty file, say nothing", async () => {
  assert.deepEqual(await loadSettings({ file: yamlFile("groups.yaml", "inference:\n  # workers: 2\ndetect:\n") }), await loadSettings({}));
  assert.deepEqual(await loadSettings({ file: yamlFile("empty.yaml", "") }), await loadSettings({}));
});

test("all problems of a file are told at once, in its order, with line, column, what was seen and what is allowed", async () => {
  const text = `inference:
  workers: 1000
  wrokers: 2
detect:
  classes: [car, -3]
  conf: high
serve:
  port: 70000
  prot: 3
model: 7
maxFps: 3
`;
  assert.deepEqual(await refusal({ file: yamlFile("wrong.yaml", text) }), {
    code: "E_CONFIG",
    lines: [
      "wrong.yaml:2:3: inference.workers is 1000; allowed: auto or a whole number from 1 to 64",
      "wrong.yaml:3:3: inference.wrokers is not a setting; did you mean inference.workers?",
      "wrong.yaml:5:18: detect.classes[1] is -3; allowed: text or a whole number from 0",
      'wrong.yaml:6:3: detect.conf is "high"; allowed: a number from 0 to 1',
      "wrong.yaml:8:3: serve.port is 70000; allowed: a whole number from 0 to 65535",
      "wrong.yaml:9:3: serve.prot is not a setting; did you mean serve.port?",
      "wrong.yaml:10:1: model is 7; allowed: a group of path, labels, family, task, imgsz",
      "wrong.yaml:11:1: maxFps is not a setting; did you mean live.maxFps?",
    ],
  });
});

test("a setting in the wrong group or in another spelling is recognised", async () => {
  const { lines } = await refusal({ file: yamlFile("near.yaml", "detect:\n  confidence: 0.5\n  max_detections: 3\nworkers: 2\nsorce: {}\n") });
  assert.deepEqual(lines, [
    "near.yaml:2:3: detect.confidence is not a setting; did you mean detect.conf?",
    "near.yaml:3:3: detect.max_detections is not a setting; did you mean detect.maxDetections?",
    "near.yaml:4:1: workers is not a setting; did you mean inference.workers?",
    "near.yaml:5:1: sorce is not a setting; did you mean source?",
  ]);
});

test("problems of file, environment and flags are told together", async () => {
  const sources = {
    file: yamlFile("one.yaml", "live:\n  maxAgeMs: 0\n"),
    environment: { SIGHTLINE_INFERENC_WORKERS: "3", SIGHTLINE_SOURCE_LOOP: "maybe" },
    flags: [{ flag: "--conf", key: "detect.conf", value: "1.5" }],
  };
  const { code, lines } = await refusal(sources);
  assert.equal(code, "E_CONFIG");
  assert.deepEqual([...lines].sort(), [
    "--conf: detect.conf is 1.5; allowed: a number from 0 to 1",
    'SIGHTLINE_INFERENC_WORKERS: no such setting; did you mean SIGHTLINE_INFERENCE_WORKERS?',
    'SIGHTLINE_SOURCE_LOOP: source.loop is "maybe"; allowed: true or false',
    "one.yaml:2:3: live.maxAgeMs is 0; allowed: a whole number from 1 to 3600000",
  ]);
});

test("a text that is empty where it must not be is told as that", async () => {
  const { lines } = await refusal({ file: yamlFile("blank.yaml", 'sources: ["a.mp4", ""]\n') });
  assert.deepEqual(lines, ["blank.yaml:1:20: sources[1] must not be empty"]);
});

test("flags alone are a wrong command line, not wrong settings", async () => {
  const { code, lines } = await refusal({ flags: [{ flag: "--workers", key: "inference.workers", value: "0" }] });
  assert.deepEqual([code, lines], ["E_USAGE", ["--workers: inference.workers is 0; allowed: auto or a whole number from 1 to 64"]]);
});

test("a hang limit below the frame timeout is refused, whichever of the two was written", async () => {
  const { lines } = await refusal({ environment: { SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS: "50000" } });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /^SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS: inference\.hangLimitMs is 30000 and must not be less than inference\.frameTimeoutMs/);
});

test("a file that is not there, not YAML, written twice or too tangled is refused with its place", async () => {
  assert.deepEqual(await refusal({ file: join(folder, "no.yaml") }), { code: "E_CONFIG_FILE", lines: ["no.yaml can't be read (ENOENT)"] });
  const bad = await refusal({ file: yamlFile("bad.yaml", "inference:\n  workers: [1\n") });
  assert.equal(bad.code, "E_CONFIG_FILE");
  assert.match(bad.lines[0] ?? "", /^bad\.yaml:3:1 Flow sequence/);
  const twice = await refusal({ file: yamlFile("twice.yaml", "inference: {}\ninference: {}\n") });
  assert.match(twice.lines[0] ?? "", /^twice\.yaml:2:1 Map keys must be unique/);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]", ..."bcdef".split("").map((name, i) => `${name}: &${name} [${`*${"abcde"[i]}, `.repeat(9)}]`)];
  assert.equal((await refusal({ file: yamlFile("bomb.yaml", bomb.join("\n")) })).code, "E_CONFIG_FILE");
  const list = await refusal({ file: yamlFile("list.yaml", "- a\n") });
  assert.deepEqual(list, { code: "E_CONFIG", lines: ['list.yaml:1:1: the file holds ["a"], expected groups of settings'] });
});

test("no key of a file can reach JavaScript's prototypes", async () => {
  const { lines } = await refusal({ file: yamlFile("proto.yaml", "__proto__: { polluted: true }\ninference: { constructor: 1 }\n") });
  assert.match(lines[0] ?? "", /^proto\.yaml:1:1: __proto__ is not a setting/);
  assert.match(lines[1] ?? "", /^proto\.yaml:2:14: inference\.constructor is not a setting/);
  assert.equal("polluted" in {}, false);
});

test("a password in a value is not repeated in a message", async () => {
  const { lines } = await refusal({ file: yamlFile("secret.yaml", "detect:\n  conf: rtsp://me:hunter2@cam/1\n") });
  assert.deepEqual(lines, ['secret.yaml:2:3: detect.conf is "rtsp://***@cam/1"; allowed: a number from 0 to 1']);
  const plain = await refusal({ file: yamlFile("plain.yaml", "detect:\n  conf: 'rtsp://me:hun \"ter2@cam/1'\n") });
  assert.deepEqual(plain.lines, ['plain.yaml:2:3: detect.conf is "rtsp://***@cam/1"; allowed: a number from 0 to 1']);
});
