import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { CLI, runCli } from "../support/cli.js";
import { project } from "../support/paths.js";

const STREET = project("samples", "street.mp4");

test("probe tells what a file is and how long each step took, for people and for a script", async () => {
  const { code, stdout, stderr } = await runCli(["probe", STREET]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ok {4}stream +\d+ ms {2}h264 640x360\nok {4}first frame +\d+ ms {2}640x360/);
  assert.match(stdout, /street\.mp4\n {2}h264 \(High\), 640x360, 25 fps, yuv420p, mov,mp4.*, 625 frames\n$/);
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

test("devices lists cameras, or says that there is none; as JSON too", async () => {
  const { code, stdout } = await runCli(["devices"]);
  assert.equal(code, 0);
  assert.match(stdout, /^(no camera was found at this machine\n|cameras can't be read on \w+\n|device:\d+ {2})/);
  const json = JSON.parse((await runCli(["devices", "--json"])).stdout) as { v: number; devices: unknown[] };
  assert.equal(json.v, 1);
  assert.ok(Array.isArray(json.devices));
});
