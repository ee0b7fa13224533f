import assert from "node:assert/strict";
import { startCamera } from "../rig/rtsp-server.js";
import { holdings, type Holdings } from "../rig/processes.js";
import { openWire } from "../rig/wire.js";
import { SOON_MS, watch } from "./watch.js";

/** Connections before the first count: code is compiled, pools are filled. */
const WARM_UP = 5;
/** What a heap that is not collected yet may hold on top, bytes. */
const RSS_SLACK_BYTES = 40e6;

/**
 * Cuts the network at the first frame of each of so many connections.
 * @throws AssertionError when a process, descriptor, thread or much memory is left that was not there before
 */
export async function cutAgainAndAgain(times: number): Promise<{ before: Holdings; after: Holdings }> {
  await using camera = await startCamera({ fps: 30 });
  await using wire = await openWire(camera.port);
  await using stream = await watch(`rtsp://127.0.0.1:${wire.port}/cam`, { live: { backoffMinMs: 1, backoffMaxMs: 1 } });
  let before: Holdings | undefined;
  let frame = await stream.frame(SOON_MS, "first frame");
  for (let epoch = 1; epoch <= times + WARM_UP; epoch += 1) {
    assert.equal(frame.epoch, epoch);
    if (epoch === WARM_UP) before = holdings();
    const next = stream.frame(SOON_MS, `frame of epoch ${epoch + 1}`, (one) => one.epoch > epoch);
    wire.cut();
    frame = await next;
  }
  const after = holdings();
  assert.ok(before);
  const said = JSON.stringify({ before, after });
  assert.ok(after.children <= before.children, said);
  // A connection that begins or ends at this very moment has a few of its own.
  assert.ok(after.descriptors <= before.descriptors + 6, said);
  assert.ok(after.threads <= before.threads, said);
  assert.ok(after.rssBytes <= before.rssBytes + RSS_SLACK_BYTES, said);
  const { inHouse, decoded, epoch } = await stream.stop();
  assert.equal(inHouse, 0);
  assert.ok(epoch > times && decoded >= times, `${decoded} frames, ${epoch} epochs`);
  return { before, after };
}
