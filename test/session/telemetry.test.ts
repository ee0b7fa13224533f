import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { numberedModel } from "../../src/numbered/index.js";
import { runCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

const folder = temporaryFolder();

function home(name: string): string {
  mkdirSync(join(folder, name));
  return join(folder, name);
}

const filesIn = (path: string): string[] => readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => /onnxruntime|DeveloperTools/.test(name));

test("onnxruntime leaves no telemetry file behind a run, although it does where nobody forbids it", async () => {
  const ours = home("ours");
  const { code, stderr } = await runCli(["run", "test:numbered?frames=20", "--workers", "2"], { env: { HOME: ours } });
  assert.equal(code, 0, stderr);
  assert.deepEqual(filesIn(ours), []);
  // The judge of this test: the same library, the same model, without our setting.
  writeFileSync(join(folder, "model.onnx"), numberedModel());
  const plain = home("plain");
  const script = `require("onnxruntime-node").InferenceSession.create(${JSON.stringify(join(folder, "model.onnx"))})`;
  const { PATH } = process.env;
  execFileSync(process.execPath, ["-e", script], { cwd: project(), env: { PATH, HOME: plain }, stdio: "ignore" });
  assert.notDeepEqual(filesIn(plain), [], "this build of onnxruntime writes no such files: the check above proves nothing");
});
