import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { requireRtspServer, startCamera, type CameraPlan } from "./rtsp-server.js";

const run = promisify(execFile);
const FRAMES = 12;

/** Frame numbers that the real FFmpeg sees in the pictures: 16 bars, the lowest bit on the left. */
async function numbersSeen(url: string): Promise<number[]> {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-timeout", "5000000", "-i", url, "-vf", "scale=16:1:flags=area,format=gray"];
  const { stdout } = await run("ffmpeg", [...args, "-fps_mode", "passthrough", "-f", "rawvideo", "-"], { encoding: "buffer", timeout: 20_000 });
  return Array.from({ length: stdout.length / 16 }, (_, frame) =>
    stdout.subarray(frame * 16, frame * 16 + 16).reduce((sum, level, bit) => sum + (level > 128 ? 2 ** bit : 0), 0),
  );
}

/** The average rate of H.264 is what the encoder wrote into the stream; `r_frame_rate` is guessed from when frames came, so a busy machine changes it. */
async function sizeOf(url: string): Promise<string> {
  const args = ["-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width,height,avg_frame_rate", "-of", "csv=p=0", url];
  return (await run("ffprobe", args, { timeout: 20_000 })).stdout.trim();
}

/** Frames at the end of which none may be missing. */
const SETTLED = 8;

for (const [codec, firstFrame] of [["h264", 0], ["h265", 21_845], ["mjpeg", 65_530]] as const) {
  test(`every frame of a ${codec} camera carries its number through the codec, and the stream ends`, async (t) => {
    if (!requireRtspServer(t)) return;
    await using camera = await startCamera({ codec, firstFrame, frames: FRAMES, fps: 20 });
    const seen = await numbersSeen(camera.url);
    const sent = Array.from({ length: FRAMES }, (_, i) => (firstFrame + i) % 65_536);
    // A decoder may leave frames out behind the first key frame of a stream that it joins (seen with H.265).
    const order = seen.map((number) => sent.indexOf(number));
    assert.ok(order.every((at, i) => at > (order[i - 1] ?? -1)), `unknown, doubled or out of order: ${seen.join(" ")}`);
    assert.deepEqual(seen.slice(-SETTLED), sent.slice(-SETTLED));
    assert.deepEqual([...camera.sentAtMs.keys()], sent);
  });
}

test("a camera that was killed comes back on its port as another one", async (t) => {
  if (!requireRtspServer(t)) return;
  const plan: Partial<CameraPlan> = { widthPx: 320, heightPx: 180, fps: 15 };
  const { port } = await (async () => {
    await using first = await startCamera(plan);
    assert.equal(await sizeOf(first.url), "h264,320,180,15/1");
    return first;
  })();
  await using second = await startCamera({ port, widthPx: 256, heightPx: 144, fps: 10, codec: "mjpeg" });
  assert.equal(second.port, port);
  assert.match(await sizeOf(second.url), /^mjpeg,256,144,/);
});

test("a camera with a password lets in who knows it, and its process shows it to nobody", async (t) => {
  if (!requireRtspServer(t)) return;
  const [user, password] = ["viewer", "p@ss/w:rd"];
  await using camera = await startCamera({ user, password, frames: 3 });
  await assert.rejects(numbersSeen(camera.url), /401 Unauthorized/);
  await assert.rejects(numbersSeen(camera.urlFor(user, "wrong")), /401 Unauthorized/);
  assert.deepEqual(await numbersSeen(camera.urlFor(user, password)), [0, 1, 2]);
  for (const file of ["cmdline", "environ"]) {
    const path = `/proc/${camera.pid}/${file}`;
    if (existsSync(path)) assert.doesNotMatch(readFileSync(path, "utf8"), /p@ss/);
  }
});

test("a camera that cannot listen says so and is gone", async (t) => {
  if (!requireRtspServer(t)) return;
  await using first = await startCamera();
  await assert.rejects(startCamera({ port: first.port }), /cannot listen on port/);
});
