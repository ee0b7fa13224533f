import assert from "node:assert/strict";
import { test } from "node:test";
import { badFfmpeg } from "../rig/bad-ffmpeg.js";
import { descendants } from "../rig/processes.js";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { SOON_MS, watch } from "./watch.js";

const folder = temporaryFolder();
const HURRIED = { connectTimeoutMs: 800, firstFrameTimeoutMs: 800, silenceTimeoutMs: 1000 };

for (const [behaviour, reason] of [
  ["silent", "E_SOURCE_TIMEOUT"],
  ["deaf", "E_SOURCE_TIMEOUT"],
  ["floods", "E_SOURCE_TIMEOUT"],
  ["exits", "E_SOURCE_DISCONNECTED"],
  ["dies", undefined],
] as const) {
  test(`an FFmpeg that ${behaviour === "silent" || behaviour === "deaf" ? `is ${behaviour}` : behaviour} costs a connection, not the stream`, async (t) => {
    if (!requireRtspServer(t)) return;
    await using camera = await startCamera();
    const ffmpeg = badFfmpeg(folder);
    ffmpeg.set(behaviour);
    await using stream = await watch(camera.url, { live: HURRIED, source: { ffmpegPath: ffmpeg.path } });
    await stream.state(SOON_MS, "reconnecting", reason);
    assert.equal(stream.stats().decoded, 0);
    ffmpeg.set("real");
    assert.equal((await stream.frame(SOON_MS, "frame")).epoch, 1);
    await stream.stop();
    await until(() => descendants(process.pid).every(({ pid }) => pid === camera.pid), "end of all children", 5000);
  });
}

test("an FFmpeg that stands still in the middle is stalled, then given up by force, and another one goes on in a new epoch", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  const ffmpeg = badFfmpeg(folder);
  ffmpeg.set("hangs");
  await using stream = await watch(camera.url, { live: HURRIED, source: { ffmpegPath: ffmpeg.path } });
  await stream.state(SOON_MS, "stalled", "E_SOURCE_STALLED");
  ffmpeg.set("real");
  await stream.state(SOON_MS, "reconnecting", "E_SOURCE_STALLED");
  assert.ok((await stream.frame(SOON_MS, "frame")).epoch >= 2);
  await stream.stop();
  await until(() => descendants(process.pid).every(({ pid }) => pid === camera.pid), "end of all children", 5000);
});
