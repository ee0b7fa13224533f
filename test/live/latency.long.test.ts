import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer } from "../rig/rtsp-server.js";
import { temporaryFolder } from "../support/pool.js";
import { measureLatency } from "./latency.js";

const folder = temporaryFolder();
const SECONDS = 4;
/** What nobody would call live; the figures of a quiet machine are far below and stand in the notes. */
const MOST_P50_MS = 1000;

for (const fps of [15, 30]) {
  test(`a camera of ${fps} fps: from its send to our publication, every picture known and none from the future`, async (t) => {
    if (!requireRtspServer(t)) return;
    const report = await measureLatency({ camera: { widthPx: 640, heightPx: 360, fps }, frames: fps * SECONDS, loads: 1, folder });
    t.diagnostic(JSON.stringify(report));
    assert.equal(report.unknown, 0);
    assert.ok(report.p50 > 0 && report.p50 < MOST_P50_MS, `p50 ${report.p50} ms`);
  });
}
