import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { hasMoved } from "../../src/cli/service.js";
import { startCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const PYTHON = "/usr/bin/python3";
const skip = has("systemd-notify") && has(PYTHON) ? false : `SKIPPED: needs systemd-notify and ${PYTHON}`;

/** What a service manager hears. */
async function listen(): Promise<{ readonly path: string; readonly heard: readonly string[] } & Disposable> {
  const path = join(mkdtempSync(join(tmpdir(), "sightline-notify-")), "socket");
  const heard: string[] = [];
  const child = spawn(PYTHON, [project("test", "cli", "fixtures", "notify_socket.py"), path], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.setEncoding("utf8").on("data", (text: string) => heard.push(...text.trim().split("\n")));
  await until(() => heard.includes("LISTENING"), "the socket");
  return { path, heard, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

test("systemd hears READY=1 once the models are warm, signs of life as long as frames come home, and STOPPING=1", { skip }, async () => {
  using manager = await listen();
  const count = (word: string): number => manager.heard.filter((line) => line.startsWith(word)).length;
  const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "400000", SIGHTLINE_SOURCE_REALTIME: "true", SIGHTLINE_SOURCE_LOOP: "true" };
  const running = startCli(["run", project("samples", "street.mp4"), "--serve", "0", "--workers", "1"], { env });
  await until(() => count("WATCHDOG=1") >= 3, "three signs of life");
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.done;
  assert.deepEqual([code, count("READY=1"), stderr.includes("could not be told")], [0, 1, false], stderr);
  const words = manager.heard.filter((line) => /^(READY|WATCHDOG|STOPPING)/.test(line)).map((line) => line.split(" ")[0]);
  assert.equal(words[0], "READY=1");
  await until(() => count("STOPPING=1") === 1, "STOPPING=1");
  assert.match(manager.heard.find((line) => line.startsWith("READY=1")) ?? "", /STATUS=live page: http:\/\/127\.0\.0\.1:\d+\//);
});

test("without systemd-notify that is said once, and the run goes on", async () => {
  // Its reader is made for it and needs no FFmpeg.
  const running = startCli(["run", "test:numbered?frames=300", "--workers", "1"], { env: { NOTIFY_SOCKET: "/nowhere", WATCHDOG_USEC: "20000", PATH: "/nowhere" } });
  const { code, stderr } = await running.done;
  assert.equal(code, 0, stderr);
  assert.equal(stderr.match(/the service manager could not be told/g)?.length, 1, stderr);
});

test("a sign of life is due when something came home, or nothing was to come", () => {
  const pulse = (runsOut: number, outcomes: number) => ({ isWarm: true, runsOut, outcomes });
  assert.equal(hasMoved(pulse(2, 10), pulse(2, 10)), false);
  assert.equal(hasMoved(pulse(2, 10), pulse(2, 11)), true);
  assert.equal(hasMoved(pulse(0, 10), pulse(2, 10)), true, "they were sent just now");
  assert.equal(hasMoved(pulse(2, 10), pulse(0, 10)), true);
});
