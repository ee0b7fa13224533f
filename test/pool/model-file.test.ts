import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { numberedModel } from "../../src/numbered/index.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { project } from "../support/paths.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-model-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;

/** A folder of its own with a model and what lies beside it; the model's path. */
function placeModel(
  beside: Readonly<Record<string, string>> = {},
  model: Uint8Array | string = numberedModel(),
): string {
  const place = join(folder, String((made += 1)));
  mkdirSync(place);
  writeFileSync(join(place, "model.onnx"), model);
  for (const [name, text] of Object.entries(beside)) writeFileSync(join(place, name), text);
  return join(place, "model.onnx");
}

const load = (path: string, labels: string | null = null) => loadModelInfo(path, { labels });

test("a model's info holds its file's hash, size and names", async () => {
  const path = placeModel();
  const { info, notices } = await load(path);
  const sha256 = createHash("sha256").update(numberedModel()).digest("hex");
  assert.deepEqual(info, {
    id: `model@${sha256.slice(0, 8)}`,
    sha256,
    path,
    family: "yolov8",
    task: "detect",
    head: { keypoints: 0, keypointValues: 3, maskCoefficients: 0, isDecoded: false },
    inputName: "images",
    inputType: "float32",
    sizeInput: null,
    outputNames: ["output0"],
    inputWidthPx: 32,
    inputHeightPx: 32,
    labels: ["frame"],
    labelsFrom: "metadata",
    letterbox: { placement: "centre", rounding: "half-even", padValue: 114 },
    channels: "rgb",
    scale: 1 / 255,
  });
  assert.deepEqual(notices, []);
  assert.deepEqual(structuredClone(info), info);
});

test("a sidecar goes before the metadata, and --labels before both", async () => {
  const path = placeModel({ "model.yaml": "family: yolov8\nlabels: [blob]\nimgsz: 32\n", "names.txt": "thing\n" });
  assert.deepEqual((await load(path)).info.labels, ["blob"]);
  assert.deepEqual((await load(path, join(path, "..", "names.txt"))).info.labels, ["thing"]);
  assert.deepEqual((await load(placeModel({ "model.yaml": "" }))).info.labels, ["frame"]);
});

test("a sidecar may end in .yml, and two are one too many", async () => {
  assert.deepEqual((await load(placeModel({ "model.yml": "labels: [blob]\n" }))).info.labels, ["blob"]);
  await assert.rejects(load(placeModel({ "model.yml": "", "model.yaml": "" })), { code: "E_MODEL_SIDECAR", message: /model\.yaml and .*model\.yml are both there/ });
});

test("a sidecar with anything wrong is E_MODEL_SIDECAR, all errors at once with their lines", async () => {
  const path = placeModel({ "model.yaml": "family: yolov9\nlabels: []\nimgs: 32\n" });
  const message = /model\.yaml:1 family: .*\n.*model\.yaml:2 labels: .*\n.*imgs/;
  await assert.rejects(load(path), { code: "E_MODEL_SIDECAR", message });
  await assert.rejects(load(placeModel({ "model.yaml": "family: [yolov8\n" })), {
    code: "E_MODEL_SIDECAR",
    message: /model\.yaml:\d+:\d+/,
  });
  await assert.rejects(load(placeModel({ "model.yaml": "- a\n" })), { code: "E_MODEL_SIDECAR" });
});

test("a model that is missing, empty, a folder, foreign or cut has its own code and names the file", async () => {
  const cases: [string, string, RegExp][] = [
    [join(folder, "nowhere.onnx"), "E_MODEL_MISSING", /nowhere\.onnx was not found/],
    [join(placeModel(), "under-a-file.onnx"), "E_MODEL_MISSING", /under-a-file/],
    [placeModel({}, ""), "E_MODEL_INVALID", /model\.onnx has 0 bytes/],
    [folder, "E_MODEL_INVALID", /is a folder/],
    ["/dev/null", "E_MODEL_INVALID", /no regular file/],
    [placeModel({}, "a text"), "E_MODEL_INVALID", /model\.onnx: not a whole ONNX file \(6 bytes\)/],
    [placeModel({}, numberedModel().subarray(0, 9_000)), "E_MODEL_INVALID", /wants \d+ bytes, \d+ are there/],
  ];
  for (const [path, code, message] of cases) await assert.rejects(load(path), { code, message });
});

test("labels that can't be used are E_LABELS", async () => {
  const path = placeModel({ "two.txt": "a\nb\n" });
  await assert.rejects(load(path, join(path, "..", "two.txt")), {
    code: "E_LABELS",
    message: /two\.txt has 2 labels, the model has 1 classes/,
  });
  await assert.rejects(load(path, join(path, "..", "none.txt")), {
    code: "E_LABELS",
    message: /none\.txt can't be read/,
  });
  await assert.rejects(load(path, "coco"), { code: "E_LABELS", message: /COCO has 80/ });
});

/** Runs as somebody whom file permissions bind: root is taken down to nobody for the time. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  const user = process.geteuid?.();
  if (user === 0) process.seteuid?.(65_534);
  try {
    await run();
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
}

test("a model without read permission is E_MODEL_UNREADABLE", { skip: process.platform === "win32" }, async () => {
  const path = placeModel();
  chmodSync(folder, 0o755);
  chmodSync(path, 0o000);
  await asNobody(() => assert.rejects(load(path), { code: "E_MODEL_UNREADABLE", message: /model\.onnx: EACCES/ }));
});

test("builtin is the model that comes along, for the library as for the command", async () => {
  const { info } = await load("builtin");
  assert.equal(info.path, project("samples", "street.onnx"));
  assert.match(info.id, /^street@[0-9a-f]{8}$/);
});

test("weights that were never exported, and files that are not there, are told with how to come by them", async () => {
  await assert.rejects(load("yolo11n.pt"), { code: "E_MODEL_INVALID", message: /yolo export model=yolo11n\.pt format=onnx$/ });
  await assert.rejects(load("no/yolov8s-seg.onnx"), { code: "E_MODEL_MISSING", message: /was not found; a model of Ultralytics is exported first: yolo export model=yolov8s-seg\.pt format=onnx$/ });
  await assert.rejects(load("no/yolox_tiny.onnx"), { code: "E_MODEL_MISSING", message: /was not found; yolox-tiny is a name that is known: --model yolox-tiny$/ });
  await assert.rejects(load("no/other.onnx"), { code: "E_MODEL_MISSING", message: /was not found$/ });
});
