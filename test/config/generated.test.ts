import { Ajv2020 } from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import {
  DEFAULTS_PATH, defaultsText, errorsTable, GENERATE_COMMAND, loadSettings, README_PATH, SCHEMA_PATH, schemaText, settingsTable, withTables,
} from "../../src/config/index.js";
import { project } from "../support/paths.js";

const inRoot = (path: string): string => readFileSync(project(path), "utf8");

for (const [path, text] of [[SCHEMA_PATH, schemaText()], [DEFAULTS_PATH, defaultsText()]] as const) {
  test(`${path} is what the settings' schema says (make it anew with: ${GENERATE_COMMAND})`, () => {
    assert.equal(inRoot(path), text, `make it anew with: ${GENERATE_COMMAND}`);
  });
}

test(`the README's tables are what the settings and the errors say (make them anew with: ${GENERATE_COMMAND})`, (t) => {
  if (!existsSync(project(README_PATH))) return t.skip("SKIPPED: there is no README.md yet");
  assert.equal(inRoot(README_PATH), withTables(inRoot(README_PATH)), `make it anew with: ${GENERATE_COMMAND}`);
  assert.ok(inRoot(README_PATH).includes(settingsTable()), "README.md lacks <!-- settings:begin --> and <!-- settings:end -->");
  assert.ok(inRoot(README_PATH).includes(errorsTable()), "README.md lacks <!-- errors:begin --> and <!-- errors:end -->");
});

test("the commented file of defaults holds the defaults", async () => {
  assert.deepEqual(await loadSettings({ file: project(DEFAULTS_PATH) }), await loadSettings({}));
});

test("what is commented out in the file of defaults is valid too", async () => {
  const live = (defaultsText().split("serve: null\n")[1] ?? "").replace(/^# /gm, "");
  assert.match(live, /^serve:\n {2}# Address/);
  const file = join(mkdtempSync(join(tmpdir(), "sightline-config-")), "live.yaml");
  writeFileSync(file, live);
  assert.deepEqual((await loadSettings({ file })).serve, (await loadSettings({ flags: [{ flag: "--serve", key: "serve.port", value: "8420" }] })).serve);
  const [tls = ""] = /^ {2}# tls:\n(?: {2}# {3}.*\n)+/m.exec(live) ?? [];
  writeFileSync(file, `serve:\n${tls.replace(/^ {2}# /gm, "  ")}`);
  assert.deepEqual((await loadSettings({ file })).serve?.tls, { certFile: "server.crt", keyFile: "server.key" });
});

test("the published JSON Schema accepts and refuses as the program does", () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(schemaText()) as object);
  assert.equal(validate({}), true);
  assert.equal(validate({ inference: { workers: 2 }, serve: { port: 0 }, detect: { classes: ["car", 2] } }), true);
  for (const wrong of [{ inference: { workers: 0 } }, { inference: { workers: 65 } }, { pol: {} }, { serve: { port: 65_536 } }, { detect: { conf: 1.01 } }, { live: { maxFps: 0 } }]) {
    assert.equal(validate(wrong), false, JSON.stringify(wrong));
  }
});

test("the tables name each setting with its variable, and each error with its status", () => {
  const setting = "| `inference.frameTimeoutMs` | `10000` | a whole number from 1 to 3600000 | A frame whose result has not come by then ends as late; in mode processes the process that has it is ended and replaced. | `SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS` |";
  assert.ok(settingsTable().split("\n").includes(setting));
  assert.match(errorsTable(), /^\| `E_POOL_STUCK` \| 137 \| /m);
  assert.match(errorsTable(), /^\| `E_USAGE` \| 2 \| /m);
});

test("the tables go between their markers and leave the rest alone", () => {
  const filled = withTables("a\n<!-- settings:begin -->\nold\n<!-- settings:end -->\nb\n");
  assert.equal(filled, `a\n<!-- settings:begin -->\n${settingsTable()}\n<!-- settings:end -->\nb\n`);
  assert.equal(withTables(filled), filled);
  assert.equal(withTables("no markers"), "no markers");
});
