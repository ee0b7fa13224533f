import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { OLDEST_NODE, nodeRefusal } from "../../src/setup/node-version.mjs";
import { project } from "../support/paths.js";

test("Node 20.19 and everything newer will do", () => {
  for (const version of ["20.19.0", "20.19.1", "20.20.2", "22.0.0", "24.21.0", "100.0.0", "25.0.0-nightly"]) {
    assert.equal(nodeRefusal(version), "", version);
  }
});

test("an older Node is refused in one line with both versions", () => {
  for (const version of ["20.18.9", "20.9.0", "18.20.4", "9.99.99"]) {
    const line = nodeRefusal(version);
    assert.match(line, /^sightline needs Node 20\.19\.0 or newer, this is \d/, version);
    assert.ok(line.includes(version) && !line.includes("\n"));
  }
});

test("package.json names the same oldest Node", () => {
  const { engines } = JSON.parse(readFileSync(project("package.json"), "utf8")) as { engines: { node: string } };
  assert.equal(`${engines.node}.0`, `>=${OLDEST_NODE}`);
});
