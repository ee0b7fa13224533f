import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { chance } from "./chance.js";
import { requireRtspServer, startCamera } from "./rtsp-server.js";
import { openLossyRelay } from "./udp-relay.js";

const run = promisify(execFile);

/** Frames that the real FFmpeg gets over UDP. */
async function framesOverUdp(port: number): Promise<number> {
  const args = ["-v", "error", "-rtsp_transport", "udp", "-timeout", "5000000", "-i", `rtsp://127.0.0.1:${port}/cam`];
  const { stdout } = await run("ffmpeg", [...args, "-vf", "scale=16:1", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"], { encoding: "buffer", timeout: 20_000 });
  return stdout.length / 16;
}

test("RTSP over UDP goes through a relay that loses nothing", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ frames: 20, fps: 20 });
  await using relay = await openLossyRelay(camera.port, { loss: 0, seed: 1 });
  // The end comes by RTCP, on another port, and may overtake the last picture.
  const frames = await framesOverUdp(relay.port);
  assert.ok(frames >= 18 && frames <= 20, `${frames} frames`);
  assert.ok(relay.packets.seen >= 20 && relay.packets.lost === 0, JSON.stringify(relay.packets));
});

test("a relay with loss loses about that share, and FFmpeg gets fewer frames, not none", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ frames: 60, fps: 30, codec: "mjpeg" });
  await using relay = await openLossyRelay(camera.port, { loss: 0.1, seed: 7 });
  const frames = await framesOverUdp(relay.port);
  const { seen, lost } = relay.packets;
  assert.ok(lost > seen * 0.03 && lost < seen * 0.2, `${lost} of ${seen} packets`);
  assert.ok(frames > 10 && frames < 60, `${frames} frames`);
});

test("chance follows from its seed and is spread evenly", () => {
  const draw = (seed: number): number[] => {
    const random = chance(seed);
    return Array.from({ length: 1000 }, random);
  };
  assert.deepEqual(draw(1), draw(1));
  assert.notDeepEqual(draw(1), draw(2));
  const tenths = Array.from({ length: 10 }, (_, tenth) => draw(3).filter((x) => Math.floor(x * 10) === tenth).length);
  assert.ok(tenths.every((count) => count > 60 && count < 140), tenths.join());
});
