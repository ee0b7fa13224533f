import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { systemClock } from "../../src/core/clock.js";
import type { PipelineError } from "../../src/core/errors.js";
import { deferred } from "../../src/core/lifetime.js";
import { letterboxFor } from "../../src/model/index.js";
import { createRing } from "../../src/ring/index.js";
import { openSource, type SourceEvent } from "../../src/source/index.js";
import { settings } from "../support/session.js";
import { ffmpeg, liveLimits, TOP_LEFT } from "../support/source.js";

let folder = "";
const at = (name: string): string => join(folder, name);
before(() => {
  folder = mkdtempSync(join(tmpdir(), "sightline-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Reads to the end; slots begin far too small for the pictures. */
async function readExact(name: string) {
  const ring = createRing({ slots: 3, slotBytes: 30 });
  const { source } = settings({ source: { preprocess: "exact" } });
  const options = { ...source, picture: null, limits: liveLimits(), input: { widthPx: 96, heightPx: 64, letterbox: TOP_LEFT } };
  await using opened = await openSource(name, "test", options, ring, { clock: systemClock, signal: new AbortController().signal });
  const frames: { readonly event: Extract<SourceEvent, { type: "frame" }>; readonly pixels: Buffer }[] = [];
  const over = deferred<PipelineError | null>();
  opened.start((event) => {
    if (event.type === "ended") return over.resolve(event.error);
    if (event.type !== "frame") return;
    const { widthPx, heightPx } = event.header;
    frames.push({ event, pixels: Buffer.from(event.lease.pixels.subarray(0, 3 * widthPx * heightPx)) });
    event.lease[Symbol.dispose]();
  });
  const error = await over.promise;
  assert.equal(ring.outstanding, 0);
  return { frames, error };
}

function clip(name: string, size: string, ...how: string[]): string {
  ffmpeg("-f", "lavfi", "-i", `testsrc2=size=${size}:rate=5:duration=0.8`, ...how, at(name));
  return at(name);
}

test("slots hold the pixels that FFmpeg itself gives as bgr24, at the source's size", async () => {
  for (const [name, size, format] of [["even.mkv", "320x180", "yuv420p"], ["odd.mkv", "333x187", "yuv420p"], ["wide.mkv", "320x180", "yuvj420p"], ["ten.mkv", "320x180", "yuv422p10le"]] as const) {
    const path = clip(name, size, "-vf", `scale=${size.replace("x", ":")}`, "-c:v", "ffv1", "-pix_fmt", format);
    const { frames, error } = await readExact(path);
    const theirs = execFileSync("ffmpeg", ["-v", "error", "-i", path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "bgr24", "-"], { maxBuffer: 1 << 26 });
    assert.equal(error, null);
    assert.equal(frames.length, 4);
    assert.ok(Buffer.concat(frames.map(({ pixels }) => pixels)).equals(theirs), name);
    const [w = 0, h = 0] = size.split("x").map(Number);
    for (const { event } of frames) assert.deepEqual([event.pixels, event.letterbox], ["source", letterboxFor(TOP_LEFT, 96, 64, w, h)]);
  }
});

test("a file whose picture changes its size ends there, with both sizes in the error; the frames before are whole", async () => {
  for (const size of ["320x180", "180x240"]) clip(`${size}.ts`, size, "-c:v", "mpeg2video", "-q:v", "2", "-f", "mpegts");
  ffmpeg("-i", `concat:${at("320x180.ts")}|${at("180x240.ts")}`, "-c", "copy", "-f", "mpegts", at("changing.ts"));
  const { frames, error } = await readExact(at("changing.ts"));
  assert.equal(error?.code, "E_SOURCE_SIZE");
  assert.match(error.message, /goes on at 180x240, it began at 320x180/);
  assert.ok(frames.length >= 3);
  assert.ok(frames.every(({ event: { header } }) => header.widthPx === 320 && header.heightPx === 180));
});

test("pictures of a folder come at their own sizes, each whole", async () => {
  ffmpeg("-f", "lavfi", "-i", "color=c=0xFF8000:size=40x30:duration=1:rate=1", at("a.png"));
  ffmpeg("-f", "lavfi", "-i", "color=c=0xFF8000:size=200x100:duration=1:rate=1", at("b.png"));
  const { frames, error } = await readExact(at("{a,b}.png"));
  assert.equal(error, null);
  assert.deepEqual(frames.map(({ event: { header, pixels } }) => [header.widthPx, header.heightPx, pixels]), [[40, 30, "source"], [200, 100, "source"]]);
  for (const { pixels } of frames) for (const [i, level] of [0, 128, 255].entries()) assert.ok(Math.abs(pixels[pixels.length - 3 + i]! - level) <= 2, pixels.subarray(-3).join());
});
