import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { openLossyRelay } from "../rig/udp-relay.js";
import { SOON_MS, watch, PATIENT } from "./watch.js";

const OVER_UDP = { source: { rtspTransport: "udp" } };
const FRAMES = 60;

test("RTSP over UDP that loses 5 % of its packets costs pictures, not the stream: one epoch, order strict, all accounted for", async (t) => {
  if (!requireRtspServer(t)) return;
  // Pictures of several packets each, as real ones are: a lost packet damages one in several.
  await using camera = await startCamera({ widthPx: 640, heightPx: 360, codec: "mjpeg", fps: 20 });
  await using relay = await openLossyRelay(camera.port, { loss: 0.05, seed: 11 });
  await using stream = await watch(`rtsp://127.0.0.1:${relay.port}/cam`, { ...OVER_UDP, live: PATIENT });
  await stream.frame(SOON_MS, `${FRAMES} frames`, () => stream.seen.length >= FRAMES);
  const { epoch, outcomes } = await stream.stop();
  const { seen, lost } = relay.packets;
  t.diagnostic(`${lost} of ${seen} packets lost, ${stream.seen.length} frames`);
  assert.ok(lost > seen * 0.02, `only ${lost} of ${seen} packets were lost: nothing was tested`);
  assert.equal(epoch, 1);
  assert.ok(outcomes.detected >= FRAMES / 2, JSON.stringify(outcomes));
  // A damaged picture may show a wrong number; most are whole.
  const right = stream.seen.filter(({ number }) => camera.sentAtMs.has(number ?? -1)).length;
  assert.ok(right > stream.seen.length / 2, `${right} of ${stream.seen.length} pictures are whole`);
});

test("RTSP over UDP whose server vanishes without a word is stalled and found again", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using relay = await openLossyRelay(camera.port, { loss: 0, seed: 1 });
  await using stream = await watch(`rtsp://127.0.0.1:${relay.port}/cam`, OVER_UDP);
  await stream.frame(SOON_MS, "first frames", () => stream.seen.length >= 5);
  const stalled = stream.state(SOON_MS, "stalled");
  const givenUp = stream.state(SOON_MS, "reconnecting", "E_SOURCE_STALLED");
  relay.loss = 1;
  await stalled;
  await givenUp;
  relay.loss = 0;
  assert.ok((await stream.frame(SOON_MS, "frame")).epoch >= 2);
});
