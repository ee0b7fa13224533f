import assert from "node:assert/strict";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { deferred } from "../../src/core/lifetime.js";
import { CLI, runCli, startCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

const STREET = project("samples", "street.mp4");

test("probe tells what a file is and how long each step took, for people and for a script", async () => {
  const { code, stdout, stderr } = await runCli(["probe", STREET]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ok {4}stream +\d+ ms {2}h264 640x360\nok {4}first frame +\d+ ms {2}640x360/);
  assert.match(stdout, /street\.mp4\n {2}h264 \(High\), 640x360, 25 fps, yuv420p, mov,mp4.*, 625 frames\n {2}decodes every frame [^\n]*\n$/);
  const json = JSON.parse((await runCli(["probe", STREET, "--json"])).stdout) as Record<string, unknown>;
  assert.deepEqual([json["v"], json["ok"], json["error"]], [1, true, null]);
  assert.equal((json["stream"] as { codec: string }).codec, "h264");
});

test("probe of what can't be reached ends with status 1 and the exact cause, without the password", async () => {
  const address = "rtsp://admin:s3c@r/t@127.0.0.1:1/cam";
  const plain = await runCli(["probe", address]);
  assert.equal(plain.code, 1);
  assert.match(plain.stderr, /^sightline: E_SOURCE_REFUSED {2}rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/cam: the connection was refused/);
  const { code, stdout, stderr } = await runCli(["probe", address, "--json"]);
  assert.deepEqual([code, stderr], [1, ""]);
  assert.equal((JSON.parse(stdout) as { error: { code: string } }).error.code, "E_SOURCE_REFUSED");
  assert.doesNotMatch(plain.stdout + plain.stderr + stdout, /s3c|r\/t@1/);
});

test("a signal ends a probe that waits, and the program it waits for, with the status of that signal", { timeout: 60_000 }, async () => {
  const accepted = deferred<Socket>();
  const silent = createServer((socket) => accepted.resolve(socket.on("error", () => undefined))).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { child, done } = startCli(["probe", `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x`]);
  await once(child.stdout, "data");
  const socket = await accepted.promise;
  child.kill("SIGINT");
  const { code, stderr } = await done;
  assert.deepEqual([code, stderr], [130, ""]);
  socket.destroy();
  silent.close();
});

test("probe refuses what it can't look at as a wrong command line", async () => {
  for (const args of [["probe"], ["probe", "test:numbered"], ["probe", "a.png"]]) assert.equal((await runCli(args)).code, 2, args.join(" "));
});

test("standard input is probed and then read whole: no frame is lost to the look at its head", async () => {
  const convert = spawn("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25:duration=2", "-pix_fmt", "yuv420p", "-f", "mpegts", "-"], { stdio: ["ignore", "pipe", "ignore"] });
  const run = spawn(process.execPath, [CLI, "run", "-", "--workers", "1", "--out", "-"], { stdio: [convert.stdout, "pipe", "ignore"] });
  let text = "";
  run.stdout?.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const code = await new Promise((resolve) => run.once("close", resolve));
  assert.equal(code, 0);
  assert.equal(text.match(/"type":"frame"/g)?.length, 50);
});

test("standard input without a byte is told as empty", async () => {
  const { code, stderr } = await runCli(["run", "-", "--workers", "1"]);
  assert.equal(code, 1);
  assert.match(stderr, /E_SOURCE_EMPTY {2}standard input ended without a byte/);
});

test("silent standard input says what it waits for, and a signal ends the wait long before its limit", { timeout: 60_000 }, async () => {
  const run = spawn(process.execPath, [CLI, "run", "-", "--workers", "1"], { stdio: ["pipe", "ignore", "pipe"] });
  const told = deferred();
  let text = "";
  run.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (/-: standard input is silent: waiting for its first byte, up to 20 s\n/.test(text)) told.resolve();
  });
  const over = once(run, "close");
  await Promise.race([told.promise, over]);
  const askedMs = systemClock.monotonicMs();
  run.kill("SIGINT");
  assert.deepEqual((await over)[0], 0, text);
  assert.ok(systemClock.monotonicMs() - askedMs < 10_000, "the stop waited for the probe");
  assert.doesNotMatch(text, /E_SOURCE_TIMEOUT/);
});

/** Starts `sightline` on a picture without end at its standard input. */
function readingInput(args: readonly string[]): { run: ChildProcessByStdio<null, null, Readable>; said: () => string; over: Promise<number | null> } {
  const convert = spawn("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-c:v", "mpeg2video", "-f", "mpegts", "-"], { stdio: ["ignore", "pipe", "ignore"] });
  const run = spawn(process.execPath, [CLI, "run", ...args], { stdio: [convert.stdout, "ignore", "pipe"] });
  let text = "";
  run.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  const over = new Promise<number | null>((resolve) => run.once("close", resolve)).finally(() => convert.kill("SIGKILL"));
  return { run, said: () => text, over };
}

test("standard input for two streams is refused as a wrong command line", { timeout: 60_000 }, async () => {
  const { said, over } = readingInput(["-", "-", "--workers", "1"]);
  assert.equal(await over, 2, said());
  assert.match(said(), /E_USAGE {2}standard input can be read only once/);
});

test("a stream on standard input that is changed fails at once, since the input can be read only once", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "sightline-stdin-"));
  const file = join(folder, "s.yaml");
  const out = join(folder, "out.jsonl");
  const settings = (realtime: boolean): void => writeFileSync(file, `inference: { workers: 1 }\nstreams: { piped: { source: "-", sourceOptions: { realtime: ${realtime} } } }\n`);
  settings(true);
  const { run, said, over } = readingInput(["--config", file, "--out", out]);
  await until(() => existsSync(out) && readFileSync(out, "utf8").includes('"type":"frame"'), "a first frame");
  settings(false);
  run.kill("SIGHUP");
  const code = await over;
  assert.equal(code, 2, said());
  assert.match(said(), /E_USAGE {2}piped: standard input can be read only once/);
  assert.doesNotMatch(said(), /E_SOURCE_TIMEOUT/);
  rmSync(folder, { recursive: true });
});

test("devices lists cameras, or says that there is none; as JSON too", async () => {
  const { code, stdout } = await runCli(["devices"]);
  assert.equal(code, 0);
  assert.match(stdout, /^(no camera was found at this machine\n|cameras can't be read on \w+\n|device:\d+ {2})/);
  const json = JSON.parse((await runCli(["devices", "--json"])).stdout) as { v: number; devices: unknown[] };
  assert.equal(json.v, 1);
  assert.ok(Array.isArray(json.devices));
});
