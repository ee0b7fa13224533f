import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { project } from "../support/paths.js";

const start = project("src", "setup", "start.mjs");

test("an unknown command is refused with the known ones", () => {
  const { status, stderr } = spawnSync(process.execPath, [start, "fly"], { encoding: "utf8" });
  assert.equal(status, 2);
  assert.equal(stderr, "sightline: no such command: fly. There are: demo, test\n");
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

test("package.json sends both commands through set-up", () => {
  const { scripts } = JSON.parse(readFileSync(project("package.json"), "utf8")) as { scripts: Record<string, string> };
  assert.equal(scripts["demo"], "node src/setup/start.mjs demo");
  assert.equal(scripts["test"], "node src/setup/start.mjs test");
});
