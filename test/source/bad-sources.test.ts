import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { createRing } from "../../src/ring/index.js";
import { openSource } from "../../src/source/index.js";
import { temporaryFolder } from "../support/pool.js";
import { CENTRED, ffmpeg, liveLimits, readAll } from "../support/source.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const file = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(at(name), bytes);
  return at(name);
};

/** Two seconds of a moving pattern with an exact count in its index, which lies in front. */
function clip(name: string, ...more: string[]): string {
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25:duration=2", ...more, "-pix_fmt", "yuv420p", "-movflags", "+faststart", at(name));
  return at(name);
}

/** An executable that stands in for FFmpeg. */
function program(name: string, script: string): string {
  writeFileSync(at(name), `#!/bin/sh\n${script}\n`);
  chmodSync(at(name), 0o755);
  return at(name);
}

test("a file that is not there is E_SOURCE_MISSING", async () => {
  await assert.rejects(readAll(at("nothing.mp4")), { code: "E_SOURCE_MISSING" });
  await assert.rejects(readAll(at("nothing.jpg")), { code: "E_SOURCE_MISSING" });
});

test("an empty file is E_SOURCE_EMPTY", async () => {
  await assert.rejects(readAll(file("empty.mp4", "")), { code: "E_SOURCE_EMPTY" });
  await assert.rejects(readAll(file("empty.png", "")), { code: "E_SOURCE_EMPTY" });
});

test("a folder or a glob without pictures is E_SOURCE_NO_IMAGES", async () => {
  mkdirSync(at("bare"));
  file("bare/readme.txt", "no picture");
  await assert.rejects(readAll(at("bare")), { code: "E_SOURCE_NO_IMAGES" });
  await assert.rejects(readAll(at("bare/*.png")), { code: "E_SOURCE_NO_IMAGES" });
});

test("a file that is no video is E_SOURCE_NOT_VIDEO, whatever its name says", async () => {
  const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251);
  await assert.rejects(readAll(file("noise.mp4", noise)), { code: "E_SOURCE_NOT_VIDEO" });
  await assert.rejects(readAll(file("words.txt", "just some words\n".repeat(50))), { code: "E_SOURCE_NOT_VIDEO" });
});

test("sound without a picture is E_SOURCE_AUDIO_ONLY", async () => {
  ffmpeg("-f", "lavfi", "-i", "sine=duration=1", at("sound.m4a"));
  await assert.rejects(readAll(at("sound.m4a")), { code: "E_SOURCE_AUDIO_ONLY" });
});

test("a video whose frames can't be decoded is E_SOURCE_NO_FRAMES or says what FFmpeg said", async () => {
  const bytes = readFileSync(clip("zeroed.mp4"));
  const data = bytes.indexOf("mdat") + 4;
  bytes.fill(0, data);
  const { error, headers } = await readAll(file("zeroed.mp4", bytes));
  assert.equal(headers.length, 0);
  assert.ok(error?.code === "E_SOURCE_NO_FRAMES" || error?.code === "E_FFMPEG_ENDED", error?.message);
});

test("a file cut in the middle delivers every frame before the cut, then E_SOURCE_TRUNCATED", async () => {
  const bytes = readFileSync(clip("whole.mp4", "-g", "5"));
  const { headers, error } = await readAll(file("cut.mp4", bytes.subarray(0, Math.floor(bytes.length * 0.6))));
  assert.equal(error?.code, "E_SOURCE_TRUNCATED");
  assert.match(error.message, /ends after \d+ of 50 frames/);
  assert.ok(headers.length >= 20 && headers.length < 50, `${headers.length} frames of 50`);
  assert.deepEqual(headers.map((header) => header.frame), [...headers.keys()]);
});

test("an MP4 cut before its index is told as truncated, not as something strange", async () => {
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:duration=1", at("tail-index.mp4"));
  const bytes = readFileSync(at("tail-index.mp4"));
  await assert.rejects(readAll(file("no-index.mp4", bytes.subarray(0, bytes.length / 2))), { code: "E_SOURCE_TRUNCATED" });
});

test("FFmpeg that is missing or too old is told before anything is started", async () => {
  const whole = clip("ok.mp4");
  await assert.rejects(readAll(whole, { ffmpegPath: "/nowhere/ffmpeg" }), { code: "E_FFMPEG_MISSING" });
  await assert.rejects(readAll(whole, { ffprobePath: "/nowhere/ffprobe" }), { code: "E_FFMPEG_MISSING" });
  const old = program("old-ffmpeg", "echo 'ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021'");
  await assert.rejects(readAll(whole, { ffmpegPath: old }), { code: "E_FFMPEG_OLD", message: /4\.4\.2.*at least 5\.1/ });
});

/** Words of a showinfo line, for stand-ins that deliver frames of 96x64 themselves. */
/** 192x108 in a 96x64 input: 54 rows of 96. */
const FRAME_BYTES = 3 * 96 * 54;
const INFO = (n: number): string => `[Parsed_showinfo_0 @ 0x1] [info] n: ${n} pts: ${n} pts_time:${n} fmt:yuv420p sar:1/1 s:192x108 i:P iskey:1 type:I `;
const VERSION = `case "$*" in *-version*) echo 'ffmpeg version 7.1 Copyright'; exit 0;; esac`;

test("FFmpeg killed in mid-stream is E_FFMPEG_ENDED with the signal; half a frame is not delivered", async () => {
  const killed = program("killed-ffmpeg", `${VERSION}\necho '${INFO(0)}' >&2; head -c ${FRAME_BYTES + 1000} /dev/zero; kill -9 $$`);
  const { headers, error } = await readAll(clip("ok2.mp4"), { ffmpegPath: killed });
  assert.equal(headers.length, 1);
  assert.equal(error?.code, "E_FFMPEG_ENDED");
  assert.match(error.message, /SIGKILL after 1 frames/);
});

test("FFmpeg that ends in the middle of a frame with status 0 is not taken for a natural end", async () => {
  const torn = program("torn-ffmpeg", `${VERSION}\necho '${INFO(0)}' >&2; head -c ${FRAME_BYTES + 1000} /dev/zero`);
  const { error } = await readAll(clip("ok3.mp4"), { ffmpegPath: torn });
  assert.equal(error?.code, "E_FFMPEG_ENDED");
});

test("frames that FFmpeg left in the pipe when it exited all arrive, however long the slots are taken", async () => {
  const whole = clip("patient.mp4", "-s", "32x18");
  const held: (() => void)[] = [];
  const ring = createRing({ slots: 2, slotBytes: 3 * 32 * 32 });
  const options = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime: false, loop: false, decodeThreads: 1, picture: null, limits: liveLimits() };
  const world = { clock: systemClock, signal: new AbortController().signal };
  await using source = await openSource(whole, "test", { ...options, input: { widthPx: 32, heightPx: 32, letterbox: CENTRED } }, ring, world);
  const frames = await new Promise<number[]>((resolve) => {
    const seen: number[] = [];
    source.start((event) => {
      if (event.type === "ended") return resolve(seen);
      if (event.type !== "frame") return;
      seen.push(event.header.frame);
      held.push(() => event.lease[Symbol.dispose]());
      // A turn of the event loop a frame: the decoder is long gone when the last ones find their slots.
      setTimeout(() => held.shift()?.(), 20);
    });
  });
  assert.deepEqual(frames, [...Array(50).keys()]);
});

test("FFmpeg that floods stderr costs no memory and its frames still come", async () => {
  const flood = `${VERSION}\ni=0; while [ $i -lt 200 ]; do head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; i=$((i+1)); done\necho '${INFO(0)}' >&2; head -c ${FRAME_BYTES} /dev/zero`;
  const before = process.memoryUsage.rss();
  const { headers, error } = await readAll(clip("ok4.mp4"), { ffmpegPath: program("flood-ffmpeg", flood) });
  assert.equal(headers.length, 1);
  assert.equal(error, null);
  assert.ok(process.memoryUsage.rss() - before < 64 * 2 ** 20);
});

test("FFmpeg that ignores SIGTERM is ended by force when the source is closed", async () => {
  const stubborn = program("stubborn-ffmpeg", `${VERSION}\ntrap '' TERM\nwhile :; do sleep 1; done`);
  const ring = createRing({ slots: 2, slotBytes: 3 * 96 * 64 });
  const options = { ffmpegPath: stubborn, ffprobePath: "ffprobe", realtime: true, loop: false, decodeThreads: 1, picture: null, limits: liveLimits() };
  const world = { clock: systemClock, signal: new AbortController().signal };
  const source = await openSource(clip("ok5.mp4"), "test", { ...options, input: { widthPx: 96, heightPx: 64, letterbox: CENTRED } }, ring, world);
  let ends = 0;
  source.start((event) => (ends += event.type === "ended" ? 1 : 0));
  const begin = systemClock.monotonicMs();
  await source[Symbol.asyncDispose]();
  assert.ok(systemClock.monotonicMs() - begin < 5000);
  assert.equal(ends, 1);
});

test("a picture that can't be decoded ends as broken, the others go on", async () => {
  mkdirSync(at("mixed"));
  for (const name of ["1", "2", "10"]) ffmpeg("-f", "lavfi", "-i", "color=c=red:size=40x30:duration=1", "-frames:v", "1", at(`mixed/${name}.png`));
  file("mixed/3.png", "this is no picture");
  const { events } = await readAll(at("mixed"));
  assert.deepEqual(events.map((event) => event.type), ["frame", "frame", "broken", "frame", "ended"]);
  assert.deepEqual(events.flatMap((event) => ("header" in event ? [event.header.frame] : [])), [0, 1, 2, 3]);
});
