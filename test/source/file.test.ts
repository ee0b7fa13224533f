import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import type { PipelineError } from "../../src/core/errors.js";
import { deferred } from "../../src/core/lifetime.js";
import { createRing } from "../../src/ring/index.js";
import { openSource, type Source } from "../../src/source/index.js";
import { descendants, readProcess } from "../rig/processes.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { CENTRED, ffmpeg, liveLimits } from "../support/source.js";
import { until } from "../support/until.js";

const skip = process.platform !== "linux" && "SKIPPED: looks at processes in /proc";

const decoders = (name = "street"): number[] => descendants(process.pid).filter(({ commandLine }) => commandLine.includes(name)).map(({ pid }) => pid);

function open(realtime: boolean, path = project("samples", "street.mp4")): Promise<Source> {
  const ring = createRing({ slots: 3, slotBytes: 3 * 96 * 64 });
  const options = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime, loop: false, decodeThreads: 1, picture: null, limits: liveLimits(), input: { widthPx: 96, heightPx: 64, letterbox: CENTRED } };
  return openSource(path, "test", options, ring, { clock: systemClock, signal: new AbortController().signal });
}

test("a file's FFmpeg begins while the model loads, and is ended where nobody ever reads it", { skip }, async () => {
  const source = await open(false);
  assert.equal(decoders().length, 1);
  await source[Symbol.asyncDispose]();
  assert.deepEqual(decoders(), []);
});

test("what FFmpeg has said and given before it ended is there for who reads it later", { skip }, async () => {
  const clip = join(temporaryFolder(), "two-frames.mp4");
  // Two frames of 18 KiB: the pipe has room for both, so that it ends without having been read.
  ffmpeg("-f", "lavfi", "-i", "color=gray:size=96x64:rate=25:duration=0.08", "-c:v", "mpeg4", clip);
  await using source = await open(false, clip);
  const [pid = 0] = decoders("two-frames");
  // Waited for as well: it is then that Node lets go of what it wrote.
  await until(() => readProcess(pid) === undefined, "FFmpeg to end");
  const over = deferred<PipelineError | null>();
  let frames = 0;
  source.start((event) => {
    if (event.type === "ended") over.resolve(event.error);
    if (event.type !== "frame") return;
    frames += 1;
    event.lease[Symbol.dispose]();
  });
  assert.deepEqual([await over.promise, frames], [null, 2]);
});

test("a file at its own pace begins when it is read: its time would go by", { skip }, async () => {
  await using _source = await open(true);
  assert.deepEqual(decoders(), []);
});
