import assert from "node:assert/strict";
import { test } from "node:test";
import { isNewEnough, parseFfmpegVersion } from "../../src/source/ffmpeg-version.js";
import { coloursOfHeader, readFacts, readProbe } from "../../src/source/probe.js";

const video = { codec_type: "video", codec_name: "h264", width: 768, height: 432, avg_frame_rate: "25/2", nb_frames: "377", duration: "30.16" };

test("size, rate and count of a plain file are read", () => {
  const probe = readProbe("a.mp4", { format: { format_name: "mov,mp4", duration: "30.16" }, streams: [video] });
  const colours = { range: "limited", matrix: "bt601" };
  assert.deepEqual(probe, { codec: "h264", widthPx: 768, heightPx: 432, pixelFormat: "", colours, fps: 12.5, expectedFrames: 377, countIsExact: true, hasBFrames: false });
});

test("range and matrix of the planes are those that the stream states", () => {
  const colours = (stated: object) => readProbe("a.mp4", { streams: [{ ...video, ...stated }] }).colours;
  assert.deepEqual(colours({ pix_fmt: "yuv420p", color_range: "tv", color_space: "bt709" }), { range: "limited", matrix: "bt709" });
  assert.deepEqual(colours({ pix_fmt: "yuv420p10le", color_range: "pc", color_space: "bt2020nc" }), { range: "full", matrix: "bt2020" });
  assert.deepEqual(colours({ pix_fmt: "yuvj420p", color_space: "bt470bg" }), { range: "full", matrix: "bt601" });
  // FFmpeg makes limited BT.601 of what is no YUV, whatever else it states.
  assert.deepEqual(colours({ pix_fmt: "gbrp", color_range: "pc", color_space: "gbr" }), { range: "limited", matrix: "bt601" });
});

test("a film turned by 90 degrees is told as it is shown", () => {
  const probe = readProbe("a.mp4", { streams: [{ ...video, side_data_list: [{ rotation: -90 }] }] });
  assert.deepEqual([probe.widthPx, probe.heightPx], [432, 768]);
});

test("without a count the number of frames is estimated, without a duration it is unknown", () => {
  const { nb_frames: _count, ...uncounted } = video;
  assert.deepEqual(readProbe("a.mkv", { streams: [uncounted] }).expectedFrames, 377);
  assert.equal(readProbe("a.mkv", { streams: [{ ...uncounted, duration: undefined }] }).expectedFrames, null);
});

test("sound alone, a cover picture and a text file are told apart from video", () => {
  const sound = { codec_type: "audio", codec_name: "aac" };
  assert.throws(() => readProbe("a.m4a", { streams: [sound] }), { code: "E_SOURCE_AUDIO_ONLY" });
  const cover = { ...video, disposition: { attached_pic: 1 } };
  assert.throws(() => readProbe("a.mp3", { streams: [sound, cover] }), { code: "E_SOURCE_AUDIO_ONLY" });
  assert.throws(() => readProbe("a.txt", { format: { format_name: "tty" }, streams: [video] }), { code: "E_SOURCE_NOT_VIDEO" });
  assert.throws(() => readProbe("a.bin", { streams: [] }), { code: "E_SOURCE_NOT_VIDEO" });
});

test("FFmpeg versions are read as distributions print them", () => {
  const enough = (line: string): boolean => isNewEnough(parseFfmpegVersion(line) ?? { text: "", major: 0, minor: 0 });
  assert.equal(parseFfmpegVersion("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026")?.text, "5.1.9-0+deb12u1");
  assert.deepEqual(
    ["5.1.9-0+deb12u1", "n7.1", "9.0", "N-118000-gabcdef", "5.0.3", "4.4.2-0ubuntu0.22.04.1"].map((v) => enough(`ffmpeg version ${v} Copyright`)),
    [true, true, true, true, false, false],
  );
  assert.equal(parseFfmpegVersion("bash: something else"), undefined);
});

test("profile, pixel format, container and turn are read for people", () => {
  const more = { profile: "High", pix_fmt: "yuv420p", side_data_list: [{ rotation: 90 }] };
  const facts = readFacts({ format: { format_name: "mov,mp4" }, streams: [{ codec_type: "audio" }, { ...video, ...more }] });
  assert.deepEqual(facts, { profile: "High", rotationDeg: 270, container: "mov,mp4" });
});

test("the colours of FFmpeg's header are read as those of a probe", () => {
  const read = (words: string, pixelFormat = "yuv420p"): string => Object.values(coloursOfHeader(pixelFormat, words)).join(" ");
  assert.equal(read("tv, bt709, progressive"), "limited bt709");
  assert.equal(read("pc, bt470bg/unknown/unknown"), "full bt601");
  assert.equal(read("tv, smpte170m/bt709/bt709, top first"), "limited bt601");
  assert.equal(read("tv, bt2020nc/bt2020/smpte2084"), "limited bt2020");
  assert.equal(read("progressive"), "limited bt601");
  assert.equal(read("", "yuvj420p"), "full bt601");
});
