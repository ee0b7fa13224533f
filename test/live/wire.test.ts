import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { openWire } from "../rig/wire.js";
import { SOON_MS, watch, PATIENT } from "./watch.js";

const urlOver = (port: number): string => `rtsp://127.0.0.1:${port}/cam`;

test("a cut network is told as a disconnect, and frames come again in the next epoch", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using wire = await openWire(camera.port);
  await using stream = await watch(urlOver(wire.port));
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  const told = stream.state(SOON_MS, "reconnecting", "E_SOURCE_DISCONNECTED");
  const back = stream.frame(SOON_MS, "frame of epoch 2", ({ epoch }) => epoch === 2);
  assert.ok(wire.cut() >= 1);
  await Promise.all([told, back]);
});

test("a network that silently drops everything: stalled, then given up, retried against silence, and back when it thaws", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using wire = await openWire(camera.port);
  await using stream = await watch(urlOver(wire.port), { live: { connectTimeoutMs: 1000 } });
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  const stalled = stream.state(SOON_MS, "stalled", "E_SOURCE_STALLED");
  const givenUp = stream.state(SOON_MS, "reconnecting", "E_SOURCE_STALLED");
  const unanswered = stream.state(SOON_MS, "reconnecting", "E_SOURCE_TIMEOUT");
  const frozenMs = performance.now();
  await wire.set({ kind: "freeze" });
  await stalled;
  await givenUp;
  // Not before the limit: a pause that is allowed is no reason.
  assert.ok(performance.now() - frozenMs > 1000, "given up before live.silenceTimeoutMs");
  await unanswered;
  const back = stream.frame(SOON_MS, "frame after the thaw", ({ epoch }) => epoch >= 2);
  await wire.set({ kind: "pass" });
  await back;
});

test("a frozen network that thaws in time costs no reconnect", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using wire = await openWire(camera.port);
  // FFmpeg has to bear the pause as well, and the machine may be slow: the limit is far away, half of it is not.
  await using stream = await watch(urlOver(wire.port), { live: { silenceTimeoutMs: 6000 } });
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  const stalled = stream.state(SOON_MS, "stalled");
  await wire.set({ kind: "freeze" });
  await stalled;
  const live = stream.state(SOON_MS, "live");
  const frame = stream.frame(SOON_MS, "frame");
  await wire.set({ kind: "pass" });
  await live;
  assert.equal((await frame).epoch, 1);
  assert.equal(wire.taken, 1 + stream.states.filter(({ state }) => state === "connecting").length, "probe and one connection");
});

test("a wire that cuts the stream into small pieces loses and swaps nothing", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ widthPx: 160, heightPx: 90, fps: 10 });
  await using wire = await openWire(camera.port);
  await wire.set({ kind: "slice", mostBytes: 100, seed: 4 });
  await using stream = await watch(urlOver(wire.port), { live: PATIENT });
  await stream.frame(SOON_MS, "20 frames", () => stream.seen.length >= 20);
  await stream.stop();
  for (const { number, outcome } of stream.seen) {
    if (outcome === "detected") assert.ok(camera.sentAtMs.has(number ?? -1), `picture ${number} was never sent`);
  }
  assert.equal(stream.stats().epoch, 1);
});

test("a wire that is too slow makes frames late or the stream stall, never wrong, and a fast one brings it back", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ widthPx: 640, heightPx: 360, codec: "mjpeg", fps: 15 });
  await using wire = await openWire(camera.port);
  await using stream = await watch(urlOver(wire.port));
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  const trouble = stream.state(SOON_MS, "stalled");
  // A picture is some 20 KB: not one a second.
  await wire.set({ kind: "slow", bytesPerSecond: 4000 });
  await trouble;
  await wire.set({ kind: "pass" });
  const newest = Math.max(...camera.sentAtMs.keys());
  // Not the backlog, but what the camera sees now.
  const seen = await stream.frame(SOON_MS, "frame sent after the wire was fast again", ({ number }) => number !== undefined && number > newest);
  assert.ok(camera.sentAtMs.has(seen.number ?? -1));
});

test("a server that takes the connection and says nothing is given up by our own limit, and tried again", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using wire = await openWire(camera.port);
  await wire.set({ kind: "silent" });
  await using stream = await watch(urlOver(wire.port), { live: { connectTimeoutMs: 500, firstFrameTimeoutMs: 500 } });
  for (let tries = 0; tries < 2; tries += 1) {
    const { message } = await stream.state(SOON_MS, "reconnecting", "E_SOURCE_TIMEOUT");
    assert.match(message ?? "", /live\.connectTimeoutMs/);
  }
  assert.equal(stream.stats().decoded, 0);
});

test("an unreachable path, a refused port and a name without a host are told apart", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using missing = await watch(`rtsp://127.0.0.1:${camera.port}/nowhere`);
  const { message } = await missing.state(SOON_MS, "reconnecting", "E_SOURCE_NOT_FOUND");
  assert.match(message ?? "", /slowly/);
  await using nobody = await watch("rtsp://sightline.invalid/cam");
  await nobody.state(SOON_MS, "reconnecting", "E_SOURCE_UNREACHABLE");
});
