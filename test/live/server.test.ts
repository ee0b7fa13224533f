import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { SOON_MS, watch, type Seen, PATIENT } from "./watch.js";

/** The most that a person waits after the server is back, with the backoff at its floor. */
const RECOVERY_MS = 2000;
const AT_FLOOR = { backoffMinMs: 1000, backoffMaxMs: 1000 };

const numbersOf = (seen: readonly Seen[]): (number | undefined)[] => seen.map(({ number }) => number);

test("a camera's frames are read right, each picture once and in order", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ firstFrame: 1000 });
  await using stream = await watch(camera.url, { live: PATIENT });
  await stream.frame(SOON_MS, "30 frames", () => stream.seen.length >= 30);
  const { outcomes, skipped } = await stream.stop();
  const read = numbersOf(stream.seen.filter(({ outcome }) => outcome === "detected"));
  assert.equal(read.length, outcomes.detected, JSON.stringify(skipped));
  for (const [i, number] of read.entries()) {
    assert.ok(number !== undefined && camera.sentAtMs.has(number), `picture ${number} was never sent`);
    assert.ok(i === 0 || number > (read[i - 1] ?? -1), `picture ${number} came after ${read[i - 1]}`);
  }
  assert.deepEqual([...new Set(stream.states.map(({ state }) => state))], ["connecting", "live", "ended"]);
});

test("a server that is not there yet is waited for, and the reason is told", async (t) => {
  if (!requireRtspServer(t)) return;
  const { port } = await (async () => {
    await using gone = await startCamera();
    return gone;
  })();
  await using stream = await watch(`rtsp://127.0.0.1:${port}/cam`);
  const waiting = await stream.state(SOON_MS, "reconnecting", "E_SOURCE_REFUSED");
  assert.ok((waiting.retryInMs ?? -1) >= 0 && (waiting.attempt ?? 0) >= 1, JSON.stringify(waiting));
  await using _camera = await startCamera({ port });
  const first = await stream.frame(SOON_MS, "first frame");
  assert.equal(first.epoch, 1);
});

test("a server that was killed and comes back is seen again within 2 s, in a new epoch with no frame of the old one", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ firstFrame: 0 });
  await using stream = await watch(camera.url, { live: AT_FLOOR });
  await stream.frame(SOON_MS, "10 frames", () => stream.seen.length >= 10);
  const lost = stream.state(SOON_MS, "reconnecting");
  await camera.kill();
  await lost;
  await using second = await startCamera({ port: camera.port, firstFrame: 30_000 });
  const back = performance.now();
  const frame = await stream.frame(SOON_MS, "frame after the restart");
  const tookMs = performance.now() - back;
  t.diagnostic(`first frame ${tookMs.toFixed(0)} ms after the server's return`);
  assert.ok(tookMs < RECOVERY_MS, `${tookMs} ms`);
  assert.equal(frame.epoch, 2);
  await stream.frame(SOON_MS, "10 more frames", ({ frame: n }) => n > frame.frame + 10);
  for (const { epoch, number } of stream.seen) {
    assert.ok((epoch === 1 ? camera : second).sentAtMs.has(number ?? -1), `epoch ${epoch} holds picture ${number}`);
  }
});

test("a camera that was moved to another size and codec is read right again, without a wait, and with boxes in the new picture", async (t) => {
  if (!requireRtspServer(t)) return;
  const sizes = [
    { widthPx: 320, heightPx: 180, codec: "h264", firstFrame: 0 },
    { widthPx: 640, heightPx: 480, codec: "mjpeg", firstFrame: 10_000 },
    { widthPx: 256, heightPx: 144, codec: "h265", firstFrame: 20_000 },
    { widthPx: 320, heightPx: 240, codec: "h264", firstFrame: 30_000 },
  ] as const;
  let port = 0;
  await using first = await startCamera({ ...sizes[0], port });
  ({ port } = first);
  await using stream = await watch(first.url);
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  await first.kill();
  for (const size of sizes.slice(1)) {
    await using camera = await startCamera({ ...size, port });
    const seen = await stream.frame(SOON_MS, `frame of ${size.widthPx}x${size.heightPx}`, ({ widthPx, outcome }) => widthPx === size.widthPx && outcome === "detected");
    assert.equal(seen.heightPx, size.heightPx);
    // Only with boxes in the coordinates of this very picture does the number come out right.
    assert.ok(camera.sentAtMs.has(seen.number ?? -1), `picture ${seen.number} of ${size.codec} ${size.widthPx}x${size.heightPx}`);
  }
  const { outcomes } = await stream.stop();
  assert.equal(outcomes.failed, 0);
  // An epoch has one size.
  const sizeOf = new Map<number, string>();
  for (const { epoch, widthPx, heightPx } of stream.seen) {
    assert.equal(sizeOf.get(epoch) ?? `${widthPx}x${heightPx}`, `${widthPx}x${heightPx}`);
    sizeOf.set(epoch, `${widthPx}x${heightPx}`);
  }
});

test("a stream that its server ends is a disconnect, told as one, and is connected to again", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ frames: 12, fps: 30 });
  await using stream = await watch(camera.url);
  const ended = stream.state(SOON_MS, "reconnecting", "E_SOURCE_DISCONNECTED");
  await stream.frame(SOON_MS, "frame of epoch 3", ({ epoch }) => epoch === 3);
  await ended;
  assert.equal(stream.stats().error, null);
});
