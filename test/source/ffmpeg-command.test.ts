import assert from "node:assert/strict";
import { test } from "node:test";
import { letterboxFor } from "../../src/model/index.js";
import { ffmpegArguments } from "../../src/source/ffmpeg-command.js";
import { CENTRED } from "../support/source.js";

test("each output is written by one thread, which holds no frame back, and each packet at once", () => {
  const args = ffmpegArguments({
    plan: { input: "file:a.mp4", options: [], stdin: "ignore" }, decodeThreads: 0, letterbox: CENTRED, pixels: "fitted",
    expected: letterboxFor(CENTRED, 96, 96, 320, 180), everyNth: 1, isTold: true,
    picture: { everyNth: 3, widthPx: 320, heightPx: 180, colours: { range: "limited", matrix: "bt601" }, isYuvj: false },
  }, { maxFps: 5, watched: false });
  const outputs = args.join(" ").split(" -map ").slice(1);
  assert.equal(outputs.length, 2);
  // FFmpeg 5.1 held two frames back in the raw encoder's threads: 206 ms at 15 fps instead of 73, from a camera's send to our record.
  for (const output of outputs) assert.match(output, / -threads 1 -flush_packets 1 -f rawvideo pipe:\d/);
});
