import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.js";
import { runShort, startChild } from "../../src/source/child.js";
import { feedInput } from "../../src/source/stdin.js";
import { isAlive } from "../support/camera.js";
import { until } from "../support/until.js";

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}.js`, import.meta.url));

test("a child that ignores SIGTERM is gone when its end settles, and its status was asked for", { timeout: 20_000 }, async () => {
  const child = startChild("sh", ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], { stdin: "ignore", outputs: ["pipe", "pipe"] }, systemClock);
  await once(child.pipes[1]!, "data");
  await child[Symbol.asyncDispose]();
  assert.deepEqual(await child.ended, { code: null, signal: "SIGKILL" });
  assert.equal(isAlive(child.process.pid!), false);
});

test("text for a child's standard input arrives whole, and a child that reads none is no error", { timeout: 20_000 }, async () => {
  const text = "secret\n".repeat(50_000);
  const reader = startChild("wc", ["-c"], { stdin: "pipe", stdinText: text, outputs: ["pipe", "pipe"] }, systemClock);
  assert.match(String((await once(reader.pipes[1]!, "data"))[0]), /350000/);
  const deaf = startChild("true", [], { stdin: "pipe", stdinText: text, outputs: ["pipe", "pipe"] }, systemClock);
  for (const pipe of deaf.pipes.slice(1)) pipe?.resume();
  assert.deepEqual(await deaf.ended, { code: 0, signal: null });
  for (const pipe of reader.pipes.slice(1)) pipe?.resume();
  assert.deepEqual(await reader.ended, { code: 0, signal: null });
});

test("where no descriptor is left a child can't be started, and that is told as something passing", { timeout: 20_000 }, () => {
  const said = execFileSync("sh", ["-c", `ulimit -n 64; exec "${process.execPath}" "${fixture("no-descriptors")}"`], { encoding: "utf8" });
  assert.equal(said, "E_FFMPEG_ENDED after true 0\n");
});

test("an FFmpeg that hangs in connecting does not outlive us for long, also when we are killed", { timeout: 60_000, skip: process.platform !== "linux" }, async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const watcher = spawn(process.execPath, [fixture("watcher"), `rtsp://127.0.0.1:${port}/x`], { stdio: "ignore" });
  try {
    await once(silent, "connection");
    const children = readFileSync(`/proc/${watcher.pid}/task/${watcher.pid}/children`, "utf8").trim().split(" ").map(Number);
    assert.ok(children.length > 0 && children.every((pid) => pid > 0), "no FFmpeg was found");
    watcher.kill("SIGKILL");
    await once(watcher, "exit");
    // Its own limit is 5.5 s here.
    await until(() => !children.some(isAlive), "FFmpeg to end by its own limit", 40_000);
  } finally {
    watcher.kill("SIGKILL");
    silent.close();
  }
});

test("a child that can't be given standard input is ended, and the error told", { timeout: 20_000 }, async () => {
  const children = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "ProcessWrap").length;
  const before = children();
  const pipe = { stdin: "pipe" } as const;
  const first = startChild("sleep", ["60"], { ...pipe, outputs: [1, 2] }, systemClock);
  const refused = { code: "E_USAGE", message: /standard input can be read only once/ };
  assert.throws(() => startChild("sleep", ["60"], { ...pipe, outputs: [1, 2] }, systemClock), refused);
  await assert.rejects(runShort("sleep", ["60"], undefined, { feed: (stdin) => feedInput(stdin, pipe) }), refused);
  await until(() => children() === before + 1, "only the first child to be left");
  await first[Symbol.asyncDispose]();
});
