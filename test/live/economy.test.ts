import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { PATIENT, SOON_MS, watch } from "./watch.js";

test("a camera with a key frame a second: key frames alone for one a second; when five are wanted it is read anew, whole, and told so", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using stream = await watch(camera.url, { live: { ...PATIENT, maxFps: 1 } });
  const { message } = await stream.state(SOON_MS, "live");
  assert.match(message ?? "", /^decodes key frames only \(1 fps wanted, and a key frame comes every 1 s\), 1 thread$/);
  await stream.frame(SOON_MS, "two key frames", () => stream.seen.length >= 2);
  const before = stream.seen.map(({ number }) => number ?? NaN);
  // The rig's camera has one in fifteen frames.
  assert.ok(((before[1] ?? NaN) - (before[0] ?? NaN)) % 15 === 0, before.join());
  assert.equal(stream.stats().skipped.max_fps, 0);
  const renewed = stream.state(SOON_MS, "reconnecting");
  const live = stream.state(SOON_MS, "live");
  await stream.session.change("cam", { source: camera.url, maxFps: 5 });
  assert.match((await renewed).message ?? "", /more frames are wanted than it decodes/);
  assert.match((await live).message ?? "", /^decodes every frame \(5 fps wanted; its key frames are up to 1 s apart\)/);
  await stream.frame(SOON_MS, "frames of epoch 2", () => stream.seen.filter(({ epoch, outcome }) => epoch === 2 && outcome === "detected").length >= 4);
  const after = stream.seen.filter(({ epoch, outcome }) => epoch === 2 && outcome === "detected").map(({ number }) => number ?? NaN);
  assert.ok(after.some((number) => (number - (before[0] ?? NaN)) % 15 !== 0), after.join());
  assert.ok(stream.stats().skipped.max_fps > 0);
  // Fewer of what is decoded anyway: the running FFmpeg is told, and goes on.
  await stream.session.change("cam", { source: camera.url, maxFps: 1 });
  const told = stream.seen.length;
  const numbers = (): number[] => stream.seen.slice(told).filter(({ epoch, outcome }) => epoch === 2 && outcome === "detected").map(({ number }) => number ?? NaN);
  await stream.frame(SOON_MS, "frames a second apart in the same epoch", () => numbers().some((number, i, all) => i > 0 && number - (all[i - 1] ?? number) >= 12));
  await stream.stop();
});
