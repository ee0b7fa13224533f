import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { project } from "../support/paths.js";

const start = project("src", "setup", "start.mjs");

test("an unknown command is refused with the known ones", () => {
  const { status, stderr } = spawnSync(process.execPath, [start, "fly"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.equal(stderr, "sightline: no such command: fly. There are: demo, test, soak, latency, screenshots, fuzz, peers\n");
});

test("an old Node is refused in one line before anything newer than it is read", () => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions, "node", { value: "18.20.4" });`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", pretend, start, "demo"], {
    encoding: "utf8",
  });
  assert.equal(status, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /^sightline needs Node 20\.19\.0 or newer, this is 18\.20\.4\.[^\n]*\n$/);
});

/** The watcher looks several times a second. */
const GIVE_UP_MS = 20_000;

const POSIX_ONLY = { skip: process.platform === "win32" };

test("a program whose npm is gone stops as if it had been asked to", POSIX_ONLY, async () => {
  const program = `import { stopWithNpm } from ${JSON.stringify(new URL("../../src/setup/orphan.mjs", import.meta.url).href)};
    process.on("SIGTERM", () => { console.log("stopped"); process.exit(); });
    setTimeout(() => process.exit(1), ${GIVE_UP_MS});
    stopWithNpm();
    console.log("watching");`;
  // The shell stands for the one between npm and us; it must not replace itself by its only command, hence the second.
  const shell = spawn("sh", ["-c", `"$0" --input-type=module -e "$1"; true`, process.execPath, program], {
    env: { ...process.env, npm_lifecycle_event: "demo" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: shell.stdout });
  const said: string[] = [];
  for await (const line of lines) {
    said.push(line);
    if (said.length === 1) shell.kill("SIGKILL");
  }
  assert.deepEqual(said, ["watching", "stopped"]);
});

test("package.json sends both commands through set-up", () => {
  const { scripts } = JSON.parse(readFileSync(project("package.json"), "utf8")) as { scripts: Record<string, string> };
  assert.equal(scripts["demo"], "node src/setup/start.mjs demo");
  assert.equal(scripts["test"], "node src/setup/start.mjs test");
});
