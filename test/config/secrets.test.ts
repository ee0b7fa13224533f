import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadSettings } from "../../src/config/index.js";
import { hasSecret, redactAddress, redactUrl } from "../../src/core/redact.js";
import { PLANTED } from "../support/planted.js";
import { temporaryFolder } from "../support/pool.js";

const folder = temporaryFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

test("a name in a source stands for what the secrets file says, else the environment, in streams and in bare sources", async () => {
  const secretsFile = file("secrets.env", "# cameras\nCAM_USER = viewer\nexport CAM_PATH='a b'\n\nQUOTED=\"x=y\"\n");
  const path = file("s.yaml", `secretsFile: ${secretsFile}\nsources: ["rtsp://\${CAM_USER}@h/\${CAM_PATH}"]\nstreams:\n  gate: { source: "rtsp://u:\${CAM_KEY}@h/\${QUOTED}/$\${AS_IT_IS}" }\n`);
  const settings = await loadSettings({ file: path, environment: { CAM_KEY: "of-environment", CAM_USER: "not me" } });
  assert.deepEqual(settings.sources, ["rtsp://viewer@h/a b"]);
  assert.equal(settings.streams["gate"]?.source, "rtsp://u:of-environment@h/x=y/${AS_IT_IS}");
});

test("a name that stands for nothing, and a line that is none, are told with their place and without any value", async () => {
  const unknown = file("unknown.yaml", 'streams:\n  gate: { source: "rtsp://${NOBODY}@h/" }\n');
  await assert.rejects(loadSettings({ file: unknown, environment: {} }), {
    code: "E_CONFIG", message: `${unknown}:2:11: streams.gate.source: \${NOBODY} stands for nothing: it is neither in secretsFile nor in the environment`,
  });
  const broken = file("broken.env", "GOOD=1\nhunter2 is no line\n");
  await assert.rejects(loadSettings({ file: file("b.yaml", `secretsFile: ${broken}\n`) }), { code: "E_CONFIG_FILE", message: `${broken}:2 is no line NAME=VALUE` });
  await assert.rejects(loadSettings({ file: file("m.yaml", "secretsFile: nowhere.env\n") }), { code: "E_CONFIG_FILE" });
});

test("what a name stood for is hidden wherever text is redacted, also where no address would have a password", async () => {
  const [, special] = PLANTED.passwords;
  const path = file("hidden.yaml", 'streams:\n  gate: { source: "http://h/${CAM_TOKEN}/live" }\n');
  const source = (await loadSettings({ file: path, environment: { CAM_TOKEN: special } })).streams["gate"]!.source;
  assert.ok(source.includes(special));
  assert.equal(redactAddress(source), "http://h/***/live");
  assert.equal(redactUrl(`404 at "${source}"`), '404 at "http://h/***/live"');
});

test("whether an address holds a secret", () => {
  for (const with_ of ["rtsp://u:p@h/", "rtsp://token@h/", "rtsp://u:a@b/c@h/", "http://h/?token=x", "http://h/a?x=1&password=y", "u:p@h/live"]) assert.equal(hasSecret(with_), true, with_);
  for (const without of ["rtsp://h/live", "rtsp://u:@h/", "rtsp://:@h/", "rtsp://@h/", "http://h/?token=", "http://h/?token=&x=1", "clip.mp4", "folder/a@2x.png", "test:bars", "C:\\clips\\a.mp4", ""]) assert.equal(hasSecret(without), false, without);
});
