import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { createRing } from "../../src/ring/index.js";
import { openSource, type Source } from "../../src/source/index.js";
import { descendants } from "../rig/processes.js";
import { project } from "../support/paths.js";
import { CENTRED, liveLimits } from "../support/source.js";

const skip = process.platform !== "linux" && "SKIPPED: looks at processes in /proc";

const decoders = (): string[] => descendants(process.pid).map(({ commandLine }) => commandLine).filter((line) => line.includes("street.mp4"));

function open(realtime: boolean): Promise<Source> {
  const ring = createRing({ slots: 3, slotBytes: 3 * 96 * 64 });
  const options = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime, loop: false, decodeThreads: 1, picture: null, limits: liveLimits(), input: { widthPx: 96, heightPx: 64, letterbox: CENTRED } };
  return openSource(project("samples", "street.mp4"), "test", options, ring, { clock: systemClock, signal: new AbortController().signal });
}

test("a file's FFmpeg begins while the model loads, and is ended where nobody ever reads it", { skip }, async () => {
  const source = await open(false);
  assert.equal(decoders().length, 1);
  await source[Symbol.asyncDispose]();
  assert.deepEqual(decoders(), []);
});

test("a file at its own pace begins when it is read: its time would go by", { skip }, async () => {
  await using _source = await open(true);
  assert.deepEqual(decoders(), []);
});
