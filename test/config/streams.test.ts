import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { defaultsText, loadSettings, schemaText, settingsTable, type Settings } from "../../src/config/index.js";
import { PipelineError } from "../../src/core/errors.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-config-"));
let files = 0;

function load(text: string): Promise<Settings> {
  const file = join(folder, `${(files += 1)}.yaml`);
  writeFileSync(file, text);
  return loadSettings({ file });
}

async function refusal(text: string): Promise<string[]> {
  const error: unknown = await load(text).then(
    () => assert.fail("these settings should have been refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof PipelineError && error.code === "E_CONFIG", String(error));
  return error.message.split("\n").map((line) => line.replace(/^.*\.yaml:/, ""));
}

test("a stream says where it differs, and has a weight of 1 and is required; nothing else is filled in", async () => {
  const { streams } = await load(`
streams:
  gate:
    source: rtsp://cam/1
  yard.2_a-B:
    source: clip.mp4
    weight: 2.5
    maxFps: 5
    maxAgeMs: 300
    model: { path: m.onnx }
    detect: { classes: [car, 2], conf: 0.4 }
    sourceOptions: { realtime: true }
    labels: { site: north, floor: "1" }
`);
  assert.deepEqual(streams, {
    gate: { source: "rtsp://cam/1", weight: 1, required: true },
    "yard.2_a-B": {
      source: "clip.mp4", weight: 2.5, required: true, maxFps: 5, maxAgeMs: 300, model: { path: "m.onnx" }, detect: { classes: ["car", 2], conf: 0.4 },
      sourceOptions: { realtime: true }, labels: { site: "north", floor: "1" },
    },
  });
});

test("all problems of streams are told with their line, the nearest key and what is allowed", async () => {
  const lines = await refusal(`streams:
  gate:
    source: a.mp4
    wieght: 2
    detect: { conf: 7, cnof: 1 }
  yard: { weight: 0, source: b.mp4, maxFPS: 3 }
  empty:
  "no name": { source: c.mp4 }
  __proto__: { source: d.mp4 }
  deep: { source: e.mp4, sourceOptions: { loop: often }, labels: { "a b": x, ok: 3 } }
steams: {}
`);
  assert.deepEqual(lines, [
    "4:5: streams.gate.wieght is not a setting; did you mean streams.gate.weight?",
    "5:15: streams.gate.detect.conf is 7; allowed: a number from 0 to 1",
    "5:24: streams.gate.detect.cnof is not a setting; did you mean streams.gate.detect.conf?",
    "6:11: streams.yard.weight is 0; allowed: a number above 0 up to 1000",
    "6:37: streams.yard.maxFPS is not a setting; did you mean streams.yard.maxFps?",
    "7:3: streams.empty.source is nothing; allowed: text",
    '8:3: "no name" is no name; allowed: 1 to 64 letters, digits, ".", "_" and "-"',
    '9:3: "__proto__" is no name; allowed: 1 to 64 letters, digits, ".", "_" and "-"',
    '10:43: streams.deep.sourceOptions.loop is "often"; allowed: true or false',
    '10:68: "a b" is no name; allowed: 1 to 64 letters, digits, ".", "_" and "-"',
    "10:78: streams.deep.labels.ok is 3; allowed: text",
    "11:1: steams is not a setting; did you mean streams?",
  ]);
});

test("names hold 1 to 64 characters, also dots, without being taken for a path", async () => {
  const longest = "x".repeat(64);
  const { streams } = await load(`streams:\n  ${longest}: { source: a }\n  a.b: { source: b, weight: 2 }\n  a: { source: c }\n  "17": { source: d }\n`);
  assert.deepEqual(Object.keys(streams).sort(), ["17", "a", "a.b", longest]);
  assert.match((await refusal(`streams:\n  ${longest}x: { source: a }\n`))[0] ?? "", /is no name/);
  assert.deepEqual(await refusal("streams:\n  a: { source: c }\n  a.b: { source: b, weight: no }\n"), ['3:21: streams.a.b.weight is "no"; allowed: a number above 0 up to 1000']);
});

test("a password in a stream's source is not repeated in a message", async () => {
  assert.deepEqual(await refusal("streams:\n  a: rtsp://me:hunter2@cam/1\n").then((lines) => lines.filter((line) => line.includes("hunter2"))), []);
});

test("no environment variable reaches into streams", async () => {
  await assert.rejects(loadSettings({ environment: { SIGHTLINE_STREAMS_GATE_SOURCE: "x" } }), { code: "E_CONFIG", message: /no such setting/ });
});

test("the example in the file of defaults is valid", async () => {
  const example = /streams: \{\}\n((?:# .*\n)+)/.exec(defaultsText())?.[1] ?? "";
  assert.match(example, /^# streams:\n# {3}NAME:\n/);
  const { streams } = await load(example.replace(/^# /gm, ""));
  assert.deepEqual(Object.keys(streams), ["NAME"]);
  assert.equal(Object.keys(streams["NAME"] ?? {}).length, 12, "the example leaves a key out");
});

test("the published JSON Schema accepts and refuses streams as the program does", () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schemaText()) as object);
  assert.equal(validate({ streams: { gate: { source: "a", detect: { conf: 0.5 }, labels: { site: "x" } } } }), true);
  for (const wrong of [{ gate: {} }, { gate: { source: "a", wieght: 1 } }, { "a b": { source: "a" } }, { gate: { source: "a", detect: { conf: 2 } } }, { gate: { source: "a", weight: 0 } }]) {
    assert.equal(validate({ streams: wrong }), false, JSON.stringify(wrong));
  }
});

test("the table names what a stream may say, without a variable of the environment", () => {
  const rows = settingsTable().split("\n").filter((row) => row.startsWith("| `streams"));
  assert.equal(rows.length, 12);
  assert.match(rows[1] ?? "", /^\| `streams\.NAME\.weight` \| `1` \| a number above 0 up to 1000 \| .* \| {2}\|$/);
});
