import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { reloading } from "../../src/cli/reload.js";
import type { Terminal } from "../../src/cli/terminal.js";
import type { Settings, WatchListener } from "../../src/config/index.js";
import { PipelineError } from "../../src/core/errors.js";
import type { Session } from "../../src/session/index.js";
import { runCli, startCli } from "../support/cli.js";
import { ffmpeg } from "../support/source.js";
import { until } from "../support/until.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-reload-"));
const clip = join(folder, "clip.mp4");
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20:duration=2", "-c:v", "mpeg4", "-q:v", "5", clip);

const CAMERA = `source: ${clip}, sourceOptions: { realtime: true, loop: true }`;

function yaml(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, `${lines.join("\n")}\n`);
  renameSync(`${path}.new`, path);
  return path;
}

interface Line {
  readonly type: string;
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
}
/** Frames of a stream that are whole in the file by now. */
function framesOf(path: string, name: string): Line[] {
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line) as Line).filter(({ type, stream }) => type === "frame" && stream === name);
}

test("a changed file changes the streams that differ, SIGHUP reads it again, a broken one changes nothing and says why", async () => {
  const out = join(folder, "reload.jsonl");
  const file = yaml("s.yaml", ["inference: { workers: 1 }", "streams:", `  steady: { ${CAMERA} }`, `  old: { ${CAMERA} }`]);
  const running = startCli(["run", "--config", file, "--out", out, "--json"], { env: { SIGHTLINE_SERVE_PORT: "0" }, timeoutMs: 60_000 });
  await running.saying(/live page/);
  yaml("s.yaml", ["inference: { workers: 1 }", "streams:", `  steady: { ${CAMERA} }`, `  young: { ${CAMERA}, labels: { site: north } }`]);
  await running.saying(/settings read again: added young; removed old\n/);
  yaml("s.yaml", ["streams:", "  steady: { wieght: 1 }"]);
  await running.saying(/E_CONFIG {2}.*s\.yaml:2:13: streams\.steady\.wieght is not a setting; did you mean streams\.steady\.weight\?/);
  await running.saying(/is wrong: the streams go on with the settings they have\n/);
  yaml("s.yaml", ["inference: { workers: 2 }", "streams:", `  steady: { ${CAMERA} }`, `  young: { ${CAMERA}, labels: { site: north } }`]);
  await running.saying(/settings read again: every stream stays as it is\n/);
  await running.saying(/inference\.workers can't change while the program runs/);
  running.child.kill("SIGHUP");
  await running.saying(/(settings read again: every stream stays as it is\n[^]*){2}/);
  const before = framesOf(out, "steady").length;
  await until(() => framesOf(out, "steady").length > before + 5 && framesOf(out, "young").length > 0, "frames after all this");
  running.child.kill("SIGTERM");
  const { code, stdout } = await running.done;
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as { ok: boolean; streams: { stream: string; labels?: object }[]; accounting: { balanced: boolean } };
  assert.deepEqual([report.ok, report.accounting.balanced], [true, true]);
  assert.deepEqual(report.streams.map(({ stream, labels }) => [stream, labels]), [["old", undefined], ["steady", undefined], ["young", { site: "north" }]]);
  const frames = framesOf(out, "steady");
  assert.deepEqual([...new Set(frames.map(({ epoch }) => epoch))], [1], "the unchanged stream was started anew");
  assert.ok(frames.every(({ frame }, i) => frame > (frames[i - 1]?.frame ?? -1)), "the unchanged stream's numbers began anew");
});

test("a change that SIGHUP has brought in is not told again by the watch of the file; SIGHUP alone is always answered", { timeout: 60_000 }, async () => {
  const at = join(folder, "twice.yaml");
  writeFileSync(at, "first");
  const said: string[] = [];
  let listener: WatchListener | undefined;
  const session = { apply: (next: unknown) => Promise.resolve(void said.push(`applied ${String(next)}`)) } as unknown as Session;
  const terminal = { say: (text: string) => void said.push(text), paint: { yellow: String, red: String } } as unknown as Terminal;
  const load = (): Promise<Settings> => {
    const text = readFileSync(at, "utf8");
    return text === "wrong" ? Promise.reject(new PipelineError("E_CONFIG", "it is wrong")) : Promise.resolve(text as unknown as Settings);
  };
  const ask = reloading({ file: at, load, expect: () => undefined, listen: (to) => void (listener = to), [Symbol.dispose]: () => undefined }, session, terminal);
  const told = (...wanted: string[]): Promise<void> => until(() => said.length >= wanted.length, wanted.join()).then(() => assert.deepEqual(said, wanted));
  writeFileSync(at, "second");
  ask();
  await told("applied second");
  listener?.changed();
  ask();
  await told("applied second", "applied second");
  writeFileSync(at, "wrong");
  ask();
  await until(() => said.length === 4, "the error in two lines");
  assert.match(said.join(), /it is wrong.*is wrong: the streams go on/);
  listener?.changed();
  ask();
  await until(() => said.length === 6, "the error again, to who asked, and only to him");
  writeFileSync(at, "second");
  listener?.changed();
  await until(() => said.length === 7, "the old text, which is news after a wrong one");
  assert.equal(said[6], "applied second");
});

test("a settings file that is emptied stops nothing", async () => {
  const out = join(folder, "emptied.jsonl");
  const file = yaml("emptied.yaml", ["inference: { workers: 1 }", "streams:", `  steady: { ${CAMERA} }`]);
  const running = startCli(["run", "--config", file, "--out", out], { timeoutMs: 60_000 });
  await until(() => framesOf(out, "steady").length > 0, "the first frame");
  writeFileSync(file, "");
  await running.saying(/E_USAGE {2}no source was given/);
  const before = framesOf(out, "steady").length;
  await until(() => framesOf(out, "steady").length > before, "frames after that");
  running.child.kill("SIGTERM");
  assert.equal((await running.done).code, 0);
});

test("a stream of the settings file that fails is told, the others go on to their end, and the status is 1", async () => {
  const file = yaml("one-bad.yaml", ["streams:", `  good: { source: ${clip} }`, `  bad: { source: ${join(folder, "no.mp4")}, labels: { site: south } }`]);
  const { code, stdout, stderr } = await runCli(["run", "--config", file, "--json"]);
  assert.equal(code, 1);
  const report = JSON.parse(stdout) as { error: { code: string }; streams: { stream: string; state: string; decoded: number }[] };
  assert.deepEqual(report.streams.map(({ stream, state, decoded }) => [stream, state, decoded]), [["good", "ended", 40], ["bad", "failed", 0]]);
  assert.equal(report.error.code, "E_SOURCE_MISSING");
  assert.match(stderr, /^sightline: E_SOURCE_MISSING {2}bad \[site=south\]: .*no\.mp4 was not found\./m);
});

test("sources on the command line are the ones that run, whatever streams the file names", async () => {
  const file = yaml("beside.yaml", ["streams:", `  camera: { ${CAMERA} }`]);
  const { code, stdout, stderr } = await runCli(["run", clip, "--config", file, "--json"]);
  assert.equal(code, 0, stderr);
  assert.deepEqual((JSON.parse(stdout) as { streams: { stream: string }[] }).streams.map(({ stream }) => stream), ["clip"]);
});

test("without a settings file SIGHUP stops, as any other signal does", async () => {
  const running = startCli(["run", "test:numbered?frames=65536", "--serve", "0"]);
  await running.saying(/live page/);
  running.child.kill("SIGHUP");
  assert.equal((await running.done).code, 0);
});
