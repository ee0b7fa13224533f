import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { runCli } from "../support/cli.js";
import { project } from "../support/paths.js";

interface Findings {
  readonly ok: boolean;
  readonly findings: readonly { readonly name: string; readonly status: string; readonly detail: string; readonly next: string | null }[];
}

test("check finds everything in order here, and the built-in model finds what was drawn", async () => {
  const { code, stdout, stderr } = await runCli(["check", project("samples", "street.mp4"), "--json"]);
  const { ok, findings } = JSON.parse(stdout) as Findings;
  assert.deepEqual([code, ok, stderr], [0, true, ""], stdout);
  assert.deepEqual(findings.map(({ name }) => name), ["Node", "cores", "FFmpeg", "onnxruntime", "openvino", "model", "detection", "source", "first frame"]);
  assert.match(findings[6]?.detail ?? "", /in a drawn street found \d of \d /);
  assert.match(findings[7]?.detail ?? "", /street\.mp4: h264, 640x360, /);
});

test("what is wrong becomes a failed line with its next step, and exit status 1; the other lines are there all the same", async () => {
  const bare = mkdtempSync(join(tmpdir(), "sightline-check-"));
  const { code, stdout, stderr } = await runCli(["check", join(bare, "no.mp4"), "--model", join(bare, "no.onnx")], { env: { PATH: bare } });
  assert.deepEqual([code, stderr], [1, ""], stdout);
  assert.match(stdout, /^ok {4}Node /m);
  assert.match(stdout, /^fail {2}FFmpeg {7}E_FFMPEG_MISSING ffmpeg was not found\n {19}-> install FFmpeg 5\.1 or newer/m);
  assert.match(stdout, /^fail {2}model {8}E_MODEL_MISSING .*no\.onnx was not found\n {19}-> check the path$/m);
  assert.match(stdout, /^fail {2}source {7}E_SOURCE_MISSING /m);
  assert.match(stdout, /^ok {4}onnxruntime {2}1\./m);
  assert.equal(stdout.includes("\u001b"), false);
});

test("check looks at every stream of the settings file, each with its own model and options, and names them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sightline-check-"));
  const file = join(folder, "s.yaml");
  const street = project("samples", "street.mp4");
  writeFileSync(file, `streams:\n  gate: { source: ${street} }\n  yard: { source: ${join(folder, "no.mp4")} }\n  lane: { source: ${street}, model: { path: ${join(folder, "no.onnx")} } }\n`);
  const { code, stdout } = await runCli(["check", "--config", file, "--json"]);
  assert.equal(code, 1);
  const told = (JSON.parse(stdout) as Findings).findings.slice(7).map(({ name, status, detail }) => `${status} ${name}: ${detail.replaceAll(folder, "").replace(street, "street")}`);
  const expected = [
    /^ok source: gate: street: h264, 640x360/, /^ok first frame: gate: 640x360 after \d+ ms/,
    /^fail source: E_SOURCE_MISSING yard: \/no\.mp4 was not found/, /^warn first frame: yard: not looked at/,
    /^ok source: lane: street/, /^fail first frame: E_MODEL_MISSING lane: \/no\.onnx was not found/,
  ];
  assert.equal(told.length, expected.length, stdout);
  for (const [i, pattern] of expected.entries()) assert.match(told[i] ?? "", pattern);
  const one = await runCli(["check", street, "--config", file, "--json"]);
  assert.deepEqual([one.code, (JSON.parse(one.stdout) as Findings).findings.length], [0, 9]);
});
