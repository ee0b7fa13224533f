import assert from "node:assert/strict";
import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync, lstatSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { settingsFileStore, type SettingsFileStore } from "../../src/config/index.js";
import { withStream } from "../../src/config/yaml.js";
import { temporaryFolder } from "../support/pool.js";

const folder = temporaryFolder();
let count = 0;
const fileOf = (text: string): string => {
  const path = join(folder, `s${(count += 1)}.yaml`);
  writeFileSync(path, text);
  return path;
};
const storeOf = (file: string | undefined, more: Partial<Parameters<typeof settingsFileStore>[0]> = {}): SettingsFileStore => settingsFileStore({ file, secretsFile: null, environment: {}, ...more });
const nothing = (): Promise<void> => Promise.resolve();

const BEFORE = `# My cameras.
inference: { workers: 2 } # two cores
streams:
  # At the gate.
  gate:
    source: gate.mp4 # old
    maxFps: 5 # enough
  yard: { source: "yard.mp4", labels: { site: north } }
# The end.
`;

test("a stream is added, changed and removed; all else stays as it was, comments included", async () => {
  const file = fileOf(BEFORE);
  const store = storeOf(file);
  await store.keep("new", { source: "new.mp4", detect: { classes: ["car"] } }, nothing);
  await store.keep("gate", { source: "other.mp4", maxFps: 5, weight: 2 }, nothing);
  await store.keep("yard", null, nothing);
  assert.equal(readFileSync(file, "utf8"), `# My cameras.
inference: { workers: 2 } # two cores
streams:
  # At the gate.
  gate:
    source: other.mp4 # old
    maxFps: 5 # enough
    weight: 2
  new:
    source: new.mp4
    detect:
      classes:
        - car
# The end.
`);
});

test("without a source of its own a change leaves the source as it is written, names and all", async () => {
  const file = fileOf('streams:\n  gate: { source: "rtsp://u:${PW}@h/", weight: 2 }\n');
  await storeOf(file).keep("gate", { weight: 3 }, nothing);
  assert.deepEqual(parse(readFileSync(file, "utf8")), { streams: { gate: { source: "rtsp://u:${PW}@h/", weight: 3 } } });
});

test("spaces stay as they were written, in flow lists and before remarks, but in what is changed itself", () => {
  const text = `streams:
    gate:
        source:   'clip.mp4'   # the first
        detect: { classes: [person,  car], conf: .3 }
        weight: 2

    yard: {source: b.mp4,labels: {floor: 1}}
sinks: ["stdout:",'out.jsonl']
pool:   { workers: 2 }
`;
  const { weight: _, ...gate } = { detect: { classes: ["person", "car"], conf: 0.3 }, weight: 2 };
  assert.equal(withStream(text, "x.yaml", "gate", { ...gate, weight: 3 }), text.replace("weight: 2", "weight: 3"));
  assert.equal(withStream(text, "x.yaml", "gate", gate), text.replace("        weight: 2\n", ""));
  assert.equal(withStream(text, "x.yaml", "gate", { ...gate, weight: 2, required: false }), text.replace("weight: 2\n", "weight: 2\n        required: false\n"));
  assert.equal(withStream(text, "x.yaml", "yard", null), text.replace("    yard: {source: b.mp4,labels: {floor: 1}}\n", ""));
  assert.equal(withStream(text, "x.yaml", "lane", { source: "c.mp4" }), text.replace("floor: 1}}\n", "floor: 1}}\n    lane:\n      source: c.mp4\n"));
});

test("an empty file, one with comments alone, one whose streams are empty: each takes a stream", async () => {
  for (const before of ["", "# nothing yet\n", "streams:\n", "streams: {}\n", "inference:\n  workers: 1\n"]) {
    const file = fileOf(before);
    await storeOf(file).keep("gate", { source: "a.mp4" }, nothing);
    assert.deepEqual((parse(readFileSync(file, "utf8")) as { streams: unknown }).streams, { gate: { source: "a.mp4" } }, before);
  }
});

test("whatever streams a file holds, a change does what it should to one and nothing to the others", async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,8}$/).filter((one) => one !== "__proto__");
  const stream = fc.record({ source: fc.string({ minLength: 1, maxLength: 12 }).filter((one) => !/[@=$]/.test(one)), weight: fc.integer({ min: 1, max: 9 }), labels: fc.dictionary(name, fc.string({ maxLength: 6 }), { noNullPrototype: true }) }, { requiredKeys: ["source"], noNullPrototype: true });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, stream, { noNullPrototype: true, maxKeys: 4 }), name, fc.option(stream), async (streams, changed, written) => {
      const file = fileOf(`# kept\n${JSON.stringify({ streams, inference: { workers: 1 } })}\n`);
      await storeOf(file).keep(changed, written, nothing);
      const { [changed]: _, ...others } = streams;
      assert.deepEqual(parse(readFileSync(file, "utf8")), { streams: written === null ? others : { ...others, [changed]: written }, inference: { workers: 1 } });
      assert.match(readFileSync(file, "utf8"), /^# kept\n/);
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("a plain password is refused before anything is done, a name in its place is written as it was given", async () => {
  const file = fileOf("streams: {}\n");
  let done = 0;
  const work = (): Promise<void> => Promise.resolve(void (done += 1));
  for (const source of ["rtsp://u:hunter2@h/", "http://h/?token=hunter2", "rtsp://${U}:hunter2@h/"]) {
    await assert.rejects(storeOf(file).keep("gate", { source }, work), (error: { code: string; message: string }) => error.code === "E_PERSIST" && error.message.includes("${NAME}") && !error.message.includes("hunter2"));
  }
  assert.deepEqual([done, readFileSync(file, "utf8")], [0, "streams: {}\n"]);
  await storeOf(file).keep("gate", { source: "rtsp://admin:${CAM_PW}@h/" }, work);
  assert.deepEqual([done, parse(readFileSync(file, "utf8"))], [1, { streams: { gate: { source: "rtsp://admin:${CAM_PW}@h/" } } }]);
});

test("nowhere to keep it, a broken file, and one that is written in a way that can't be changed alone are refused", async () => {
  await assert.rejects(storeOf(undefined).keep("gate", null, nothing), { code: "E_PERSIST" });
  await assert.rejects(storeOf(fileOf(""), { refusal: "not now" }).keep("gate", null, nothing), { code: "E_PERSIST", message: "not now" });
  await assert.rejects(storeOf(fileOf("streams: [\n")).keep("gate", { source: "a" }, nothing), { code: "E_CONFIG_FILE" });
  const anchored = fileOf("streams:\n  gate: &cam { source: a.mp4 }\n  yard: *cam\n");
  const before = readFileSync(anchored, "utf8");
  for (const written of [null, { source: "b.mp4" }]) await assert.rejects(storeOf(anchored).keep("gate", written, nothing), { code: "E_PERSIST" });
  assert.equal(readFileSync(anchored, "utf8"), before);
});

test("changes at once are kept one after the other, and what fails is not written", async () => {
  const file = fileOf("streams: {}\n");
  const store = storeOf(file);
  const many = Array.from({ length: 8 }, (_, i) => store.keep(`s${i}`, { source: `${i}.mp4` }, () => (i === 3 ? Promise.reject(new Error("no")) : Promise.resolve())).catch(() => "failed"));
  assert.deepEqual((await Promise.all(many)).map((one) => one ?? "kept"), [0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i === 3 ? "failed" : "kept")));
  assert.deepEqual(Object.keys((parse(readFileSync(file, "utf8")) as { streams: object }).streams), ["s0", "s1", "s2", "s4", "s5", "s6", "s7"]);
});

test("the file is replaced whole: its mode and a link to it stay, nothing is left beside it", async () => {
  const file = fileOf("streams: {}\n");
  chmodSync(file, 0o640);
  const link = join(folder, "link.yaml");
  symlinkSync(file, link);
  const written: string[] = [];
  await storeOf(link, { onWrite: (text) => void written.push(text) }).keep("gate", { source: "a.mp4" }, nothing);
  assert.deepEqual(written, [readFileSync(file, "utf8")]);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual(readdirSync(dirname(file)).filter((one) => one.startsWith(`${basename(file)}.`)), []);
});

test("a name is looked up only where the operator wrote it: who may add a stream does not get at the rest of the environment", async () => {
  const secretsFile = join(folder, "names.env");
  writeFileSync(secretsFile, "IN_FILE=of-file\n");
  const file = fileOf('streams:\n  gate: { source: "rtsp://u:${NAMED}@h/" }\n');
  const store = storeOf(file, { secretsFile, environment: { NAMED: "of-environment", AWS_SECRET: "no" } });
  assert.equal(await store.resolve("rtsp://${IN_FILE}:${NAMED}@h/"), "rtsp://of-file:of-environment@h/");
  await assert.rejects(store.resolve("http://elsewhere/${AWS_SECRET}"), { code: "E_CONFIG" });
  assert.equal(await store.resolve("clip.mp4"), "clip.mp4");
});
