import assert from "node:assert/strict";
import { test } from "node:test";
import { requireRtspServer } from "../rig/rtsp-server.js";
import { temporaryFolder } from "../support/pool.js";
import { brokenBounds } from "./soak-bounds.js";
import { soak } from "./soak.js";

const skip = process.platform !== "linux" && "SKIPPED: needs /proc";
const folder = temporaryFolder();

for (const overload of [false, true]) {
  const what = overload ? "ten times more frames than the pool can take" : "cameras that are cut, frozen, slowed, refused and killed";
  test(`a minute of ${what}: memory flat, latency bounded, every frame accounted for`, { skip }, async (t) => {
    if (!requireRtspServer(t)) return;
    const report = await soak({ minutes: 1, overload, folder, say: (line) => t.diagnostic(line) });
    t.diagnostic(JSON.stringify(report));
    assert.deepEqual(brokenBounds(report, overload), []);
  });
}
