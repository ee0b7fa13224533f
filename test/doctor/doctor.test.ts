import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { PipelineError } from "../../src/core/errors.js";
import { coresLook, examine, ffmpegLook, modelLook, nodeLook, openvinoLook, pictureLook, runtimeLook, sourceLooks, type Finding, type Look, type Sight } from "../../src/doctor/index.js";
import { PLAIN_HEAD, type DescribedModel } from "../../src/model/index.js";

async function findings(...looks: Look[]): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of examine(looks)) all.push(finding);
  return all;
}

async function only(look: Look): Promise<Finding> {
  const [finding] = await findings(look);
  assert.ok(finding);
  return finding;
}

const folder = mkdtempSync(join(tmpdir(), "sightline-doctor-"));

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const sight = (objects: Sight["objects"]): Sight => ({ widthPx: 640, heightPx: 360, objects, runtime: "onnxruntime/cpu/f32", openMs: 300.4, firstRecordMs: 41.6 });

test("whatever a look throws becomes a line with the error's next step, and the others go on", async () => {
  const coded = { name: "a", look: () => Promise.reject(new PipelineError("E_SOURCE_EMPTY", "x.mp4 has 0 bytes")) };
  const bug = { name: "b", look: () => Promise.reject(new TypeError("oops")) };
  const fine = { name: "c", look: () => Promise.resolve({ status: "ok" as const, detail: "fine", next: null }) };
  assert.deepEqual(await findings(coded, bug, fine), [
    { name: "a", status: "fail", detail: "E_SOURCE_EMPTY x.mp4 has 0 bytes", next: "check how it was written" },
    { name: "b", status: "fail", detail: "E_INTERNAL oops", next: "run the same with --verbose and report what it prints" },
    { name: "c", status: "ok", detail: "fine", next: null },
  ]);
});

test("Node below 20.19 fails, from there on it is fine", async () => {
  for (const old of ["18.20.8", "20.18.3"]) assert.equal((await only(nodeLook(old))).status, "fail", old);
  for (const fine of ["20.19.0", "21.0.0", "24.21.0"]) assert.equal((await only(nodeLook(fine))).status, "ok", fine);
});

test("a single core is a warning", async () => {
  assert.deepEqual([(await only(coresLook({ cores: 1, from: "x" }, "m"))).status, (await only(coresLook({ cores: 2, from: "x" }, "m"))).status], ["warn", "ok"]);
});

test("a runtime without a CPU provider fails", async () => {
  const look = (providers: string[]): Look => runtimeLook("threads", () => Promise.resolve({ version: "1.30.0", providers }));
  assert.deepEqual(await only(look(["cpu", "webgpu"])), { name: "onnxruntime", status: "ok", detail: "1.30.0, providers cpu, webgpu, mode threads", next: null });
  assert.equal((await only(look(["webgpu"]))).status, "fail");
});

test("OpenVINO that is missing is a fault only where it is to run the models or somebody has named its place", async () => {
  const here = () => ({ version: "2026.4.1", libraryPath: "/ov/libopenvino_c.so.2641", from: "SIGHTLINE_OPENVINO" });
  const missing = (): never => {
    throw new PipelineError("E_RUNTIME_MISSING", "nowhere");
  };
  const load = () => Promise.resolve({ version: "2026.4.2", devices: [{ device: "CPU", name: "Some processor", precisions: ["FP32", "INT8"] }] });
  const broken = (): Promise<never> => Promise.reject(new PipelineError("E_RUNTIME_BROKEN", "no library"));
  assert.equal((await only(openvinoLook("openvino", false, here, load))).detail, "2026.4.2, runs the models on CPU (Some processor; FP32, INT8); /ov/libopenvino_c.so.2641 (SIGHTLINE_OPENVINO)");
  assert.equal((await only(openvinoLook("onnxruntime", false, here, broken))).detail, "2026.4.1, not used: onnxruntime runs the models; /ov/libopenvino_c.so.2641 (SIGHTLINE_OPENVINO)");
  assert.equal((await only(openvinoLook("openvino", false, here, broken))).detail, "E_RUNTIME_BROKEN no library");
  const unused = await only(openvinoLook("onnxruntime", false, missing, load));
  assert.deepEqual(unused, { name: "openvino", status: "ok", detail: "not at this machine, not used: onnxruntime runs the models; sightline runtime add openvino brings it", next: null });
  const faults = await findings(openvinoLook("openvino", false, missing, load), openvinoLook("onnxruntime", true, missing, load));
  assert.deepEqual(faults.map(({ status, detail }) => `${status} ${detail}`), ["fail E_RUNTIME_MISSING nowhere", "fail E_RUNTIME_MISSING nowhere"]);
});

test("this machine's FFmpeg does all that is asked of it", async () => {
  const finding = await only(ffmpegLook({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" }, () => Promise.resolve({ text: "5.1" })));
  assert.notEqual(finding.status, "fail", finding.detail);
  assert.match(finding.detail, /^5\.1, showinfo, passthrough and gbrp work, decodes h264/);
});

test("an FFmpeg that lacks a feature fails with its own words", async () => {
  const lame = program("lame-ffmpeg", "cat >/dev/null; echo '[AVFilterGraph @ 0x1] [error] No such filter: showinfo' >&2; exit 1");
  const finding = await only(ffmpegLook({ ffmpeg: lame, ffprobe: lame }, () => Promise.resolve({ text: "5.1-tiny" })));
  assert.deepEqual(finding, {
    name: "FFmpeg", status: "fail",
    detail: "5.1-tiny can't do what is needed: [AVFilterGraph @ 0x1] [error] No such filter: showinfo",
    next: "install a complete build of FFmpeg 5.1 or newer",
  });
});

test("an FFmpeg that says nothing of its frames, or gives too few bytes, fails", async () => {
  const version = () => Promise.resolve({ text: "5.1" });
  const mute = program("mute-ffmpeg", "cat >/dev/null");
  assert.match((await only(ffmpegLook({ ffmpeg: mute, ffprobe: mute }, version))).detail, /showinfo says nothing about its frame$/);
  const short = program("short-ffmpeg", "cat >/dev/null; echo 'n:   0 pts:      0' >&2; printf abc");
  assert.match((await only(ffmpegLook({ ffmpeg: short, ffprobe: short }, version))).detail, /it gave 3 bytes for a frame of 19200$/);
});

test("an FFmpeg that is too old fails with the next step of that error", async () => {
  const old = () => Promise.reject(new PipelineError("E_FFMPEG_OLD", "ffmpeg is version 4.4"));
  assert.match((await only(ffmpegLook({ ffmpeg: "ffmpeg", ffprobe: "ffprobe" }, old))).next ?? "", /^install FFmpeg 5\.1 or newer/);
});

test("an FFmpeg that can't decode a usual codec is a warning", async () => {
  const able = `case "$*" in *decoders*) printf ' V....D h264  x\\n VFS..D mjpeg  x\\n V....D libdav1d x\\n';; *protocols*) printf 'Input:\\n  file\\n  pipe\\n';; *) cat >/dev/null; echo 'n:   0 pts:      0' >&2; head -c 19200 /dev/zero;; esac`;
  const finding = await only(ffmpegLook({ ffmpeg: program("able-ffmpeg", able), ffprobe: "x" }, () => Promise.resolve({ text: "6.0" })));
  assert.equal(finding.status, "warn");
  assert.equal(finding.detail, "6.0, showinfo, passthrough and gbrp work, decodes h264, av1, mjpeg, protocols file, pipe; lacks the decoder hevc, the decoder vp9");
});

test("a model is named with family, size and labels; what had to be guessed is a warning", async () => {
  const info: DescribedModel["info"] = {
    id: "m@12345678", sha256: "12345678".repeat(8), path: "m.onnx", family: "yolov8", task: "detect", head: PLAIN_HEAD, inputType: "float32", sizeInput: null, inputName: "images", outputNames: ["output0"], inputWidthPx: 384, inputHeightPx: 224,
    labels: ["person", "car"], labelsFrom: "metadata", letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255,
  };
  const look = (notices: string[]): Look => modelLook(() => Promise.resolve({ info, notices, because: "", others: [] }));
  assert.deepEqual(await only(look([])), { name: "model", status: "ok", detail: "m@12345678: yolov8, 384x224, 2 classes (metadata)", next: null });
  assert.deepEqual([(await only(look(["numbers are used"]))).status, (await only(look(["numbers are used"]))).detail], ["warn", "m@12345678: yolov8, 384x224, 2 classes (metadata); numbers are used"]);
});

test("the built-in model has to find what was drawn; of another one only a run is asked", async () => {
  const truth = [
    { label: "car", box: [0, 0, 100, 50] }, { label: "car", box: [200, 0, 300, 50] },
    { label: "person", box: [0, 100, 20, 160] }, { label: "person", box: [50, 100, 70, 160] }, { label: "person", box: [90, 100, 110, 160] },
  ];
  const draw = () => Promise.resolve({ path: "street.png", truth });
  const look = (objects: Sight["objects"], isBuiltin = true): Look => pictureLook(draw, () => Promise.resolve(sight(objects)), isBuiltin);
  const moved = [{ label: "car", box: [10, 0, 110, 50] }, ...truth.slice(1, 4)];
  assert.deepEqual(await only(look(moved)), {
    name: "detection", status: "ok", detail: "model loaded and warm in 300 ms on onnxruntime/cpu/f32; in a drawn street found 2 of 2 car, 2 of 3 person", next: null,
  });
  const wrongClass = truth.map(({ box }) => ({ label: "bus", box }));
  assert.deepEqual([(await only(look(wrongClass))).status, (await only(look([]))).status, (await only(look([], false))).status], ["fail", "fail", "ok"]);
});

test("a source is told by its head and its first frame, without its password", async () => {
  const facts = { codec: "h264", widthPx: 768, heightPx: 432, fps: 12.5, expectedFrames: 377 };
  const see = () => Promise.resolve(sight([]));
  const details = async (looks: Look[]) => (await findings(...looks)).map(({ name, detail }) => `${name}: ${detail}`);
  assert.deepEqual(await details(sourceLooks("http://me:pw@host/a.mp4", () => Promise.resolve(facts), see)), [
    "source: http://***@host/a.mp4: h264, 768x432, 12.5 fps, 377 frames", "first frame: 640x360 after 42 ms, 0 objects",
  ]);
  const unknown = { ...facts, fps: null, expectedFrames: null };
  assert.match((await details(sourceLooks("a.mkv", () => Promise.resolve(unknown), see)))[0] ?? "", /no constant rate, an unknown number of frames$/);
});
