import assert from "node:assert/strict";
import { test } from "node:test";
import { told } from "../rig/deadline.js";
import { descendants, isAlive } from "../rig/processes.js";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { openWire } from "../rig/wire.js";
import { startCli } from "../support/cli.js";
import { until } from "../support/until.js";
import { SOON_MS } from "./watch.js";

const skip = process.platform !== "linux" && "SKIPPED: needs /proc";
/** Our own limits, whose sum and a margin FFmpeg gets for its own, and what a busy machine adds. */
const ENV = {
  SIGHTLINE_LIVE_CONNECT_TIMEOUT_MS: "1000", SIGHTLINE_LIVE_FIRST_FRAME_TIMEOUT_MS: "1000", SIGHTLINE_LIVE_SILENCE_TIMEOUT_MS: "1000",
};
const OWN_TIMEOUT_MS = 15_000;

const isFfmpeg = ({ name }: { name: string }): boolean => name === "ffmpeg" || name === "ffprobe";

test("killed with SIGKILL while FFmpeg hangs in connect, we leave nothing behind: FFmpeg's own timeout ends it", { skip }, async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  await using wire = await openWire(camera.port);
  await wire.set({ kind: "silent" });
  const cli = startCli(["run", `rtsp://127.0.0.1:${wire.port}/cam`, "--workers", "1"], { env: ENV });
  const pid = cli.child.pid ?? 0;
  await wire.connected(SOON_MS);
  const hanging = descendants(pid).filter(isFfmpeg);
  assert.ok(hanging.length > 0, "no FFmpeg connects");
  cli.child.kill("SIGKILL");
  await cli.done;
  assert.ok(hanging.some((child) => isAlive(child.pid)), "the child ended with us: this test proves nothing about its own timeout");
  await until(() => hanging.every((child) => !isAlive(child.pid)), `end of ${hanging.map(({ name }) => name).join()}`, OWN_TIMEOUT_MS);
});

test("killed with SIGKILL while frames flow, we leave nothing behind", { skip }, async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera();
  const cli = startCli(["run", camera.url, "--workers", "1", "--out", "-"], { env: ENV });
  await told(cli.child.stdout, "data", SOON_MS);
  const children = descendants(cli.child.pid ?? 0);
  assert.ok(children.some(isFfmpeg));
  cli.child.kill("SIGKILL");
  await cli.done;
  await until(() => children.every((child) => !isAlive(child.pid)), "end of FFmpeg", OWN_TIMEOUT_MS);
});
