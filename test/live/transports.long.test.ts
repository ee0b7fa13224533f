import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { hlsSender, httpSender, rtmpSender, selfSigned, srtSender, udpSender, type Sender } from "../rig/senders.js";
import { temporaryFolder } from "../support/pool.js";
import { PATIENT, SOON_MS, watch, type Seen } from "./watch.js";

const folder = temporaryFolder();
const FRAMES = 10;

/** How far the numbers in the pictures of one epoch have come; fails when one was shown twice or out of order. */
function assertTrueNumbers(seen: readonly Seen[]): void {
  const epoch = seen.at(-1)?.epoch;
  const numbers = seen.filter((one) => one.epoch === epoch).map(({ number }) => number);
  for (const [at, number] of numbers.entries()) {
    assert.ok(number !== undefined, `no number could be read in the picture ${at} of ${numbers.length}`);
    const before = numbers[at - 1];
    if (before !== undefined) assert.ok(number > before, `the picture of frame ${number} came after that of ${before}`);
  }
}

async function assertLive(url: string): Promise<void> {
  await using stream = await watch(url, { live: { ...PATIENT, connectTimeoutMs: 10_000, firstFrameTimeoutMs: 10_000 } });
  const first = await stream.frame(SOON_MS, "first frame");
  assert.deepEqual([first.widthPx, first.heightPx], [320, 180]);
  let count = 1;
  await stream.frame(SOON_MS, `${FRAMES} frames`, () => (count += 1) >= FRAMES);
  assertTrueNumbers(stream.seen);
  assert.ok(stream.states.some(({ state }) => state === "live"));
}

const SENDERS: Readonly<Record<string, () => Promise<Sender>>> = {
  "MPEG-TS over UDP": udpSender,
  SRT: srtSender,
  RTMP: rtmpSender,
  "MJPEG over HTTP": () => httpSender("mjpeg"),
  "MPEG-TS over HTTP": () => httpSender("ts"),
  "FLV over HTTP": () => httpSender("flv"),
  "MPEG-TS over HTTPS": () => httpSender("ts", selfSigned(mkdtempSync(join(folder, "https-")))),
  "a live HLS playlist": () => hlsSender(mkdtempSync(join(folder, "hls-"))),
};

for (const [name, start] of Object.entries(SENDERS)) {
  test(`${name}: every picture comes with its own number, in order`, async () => {
    await using sender = await start();
    await assertLive(sender.url);
  });
}

test("RTSP over TLS, with a certificate that the camera signed itself: every picture comes with its own number, in order", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ tls: selfSigned(mkdtempSync(join(folder, "rtsps-"))) });
  await assertLive(camera.url);
});
