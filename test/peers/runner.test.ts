import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { after, test, type TestContext } from "node:test";
import { project } from "../support/paths.js";
import { within } from "../rig/deadline.js";
import { ensureEnvironments, PeersError, usualPlace, type Place } from "./environment.js";
import { framesWrong } from "./figures.js";
import { splitFrames } from "./live-clip.js";
import { openLiveServer } from "./live-server.js";
import { monotonicMs, readLine, runProgram } from "./runner.js";

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "sightline-peers-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Skips the running test, in words, without Python. */
function requirePython(t: TestContext): boolean {
  const there = spawnSync("python3", ["--version"]).status === 0;
  if (!there) t.skip("SKIPPED: there is no python3: apt-get install python3");
  return there;
}

const talker = (plan: { frames: number; streams: number; ends: string }): [string[], Record<string, string>] => [
  ["python3", "-B", project("test", "peers", "fixtures", "talker.py"), JSON.stringify({ ...plan, live: false })],
  { PATH: process.env["PATH"] ?? "", PROGRAMS: project("test", "peers", "programs") },
];

test("a peer's program is followed to its own end, whatever its libraries print", async (t) => {
  if (!requirePython(t)) return;
  const run = await runProgram(...talker({ frames: 5, streams: 1, ends: "by itself" }), { results: Infinity, spanMs: Infinity }, never);
  assert.ok(run.ended);
  assert.deepEqual(run.versions, { talker: "1" });
  assert.deepEqual(run.seen.map(({ frame, objects }) => [frame, objects]), [[0, 0], [1, 1], [2, 2], [3, 0], [4, 1]]);
  assert.equal(framesWrong(run.seen, 5), null);
});

test("it is stopped when it has given enough, and not one result more is counted", async (t) => {
  if (!requirePython(t)) return;
  const run = await runProgram(...talker({ frames: 50, streams: 2, ends: "never" }), { results: 7, spanMs: Infinity }, never);
  assert.ok(!run.ended);
  assert.equal(framesWrong(run.seen, 7), null);
  if (process.platform === "linux") assert.ok(run.peakMb >= 0);
});

test("one that fails is told with its last words", async (t) => {
  if (!requirePython(t)) return;
  await assert.rejects(runProgram(...talker({ frames: 3, streams: 1, ends: "badly" }), { results: 9, spanMs: Infinity }, never), /ended with status 1: the model is not for me$/);
  await assert.rejects(runProgram(["/nowhere/python3"], {}, { results: 9, spanMs: Infinity }, never), /ENOENT/);
});

test("a record of sightline counts as a result when its frame was looked at", () => {
  assert.deepEqual(readLine(JSON.stringify({ type: "frame", outcome: "detected", frame: 3, objects: [{}, {}] })), { kind: "seen", seen: { stream: 0, frame: 3, objects: 2, number: null } });
  assert.equal(readLine(JSON.stringify({ type: "frame", outcome: "failed", frame: 3, objects: [] })), null);
  assert.equal(readLine("Ultralytics 8.4"), null);
});

/** Packets of a transport stream: pid, and whether a picture starts. */
function packets(...of: [pid: number, starts: boolean][]): Buffer {
  return Buffer.concat(of.map(([pid, starts], index) => Buffer.alloc(188, index).fill(Buffer.from([0x47, (starts ? 0x40 : 0) | (pid >> 8), pid & 0xff]), 0, 3)));
}

test("a transport stream is cut before each picture, its tables kept with the next one", () => {
  const stream = packets([0x11, true], [0, true], [0x1000, true], [0x100, true], [0x100, false], [0x100, true], [0, true], [0x1000, true], [0x100, true], [0x100, false]);
  const frames = splitFrames(stream);
  assert.deepEqual(frames.map(({ length }) => length / 188), [5, 1, 4]);
  assert.deepEqual(Buffer.concat(frames), stream);
});

test("the live stream gives each frame when it is due, from the first one on", async () => {
  await using server = await openLiveServer([Buffer.from("a"), Buffer.from("b"), Buffer.from("c")]);
  const came: number[] = [];
  const text = await within(20_000, "the stream's end", new Promise<string>((resolve, reject) => {
    let all = "";
    get(server.url, (response) => {
      response.setEncoding("utf8").on("data", (part: string) => {
        all += part;
        came.push(monotonicMs());
      });
      response.once("end", () => resolve(all));
    }).once("error", reject);
  }));
  assert.equal(text, "abc");
  // The third is due two thirtieths of a second after the first: earlier it must not come.
  assert.ok(came.at(-1)! - server.beganAtMs() >= 66);
});

/** A Python that answers the first question and then does as it is told: `pip` comes as -m pip, venv as -m venv. */
function fakePython(pip: string): string {
  const file = join(folder, `python-${pip.length}`);
  writeFileSync(file, `#!/bin/sh
case "$*" in
*ensurepip*) echo "3.11 linux x86_64" ;;
"-m venv"*) mkdir -p "$3/bin" "$3/lib/python3.11/site-packages" && cp "$0" "$3/bin/python" ;;
*"pip install"*) ${pip} ;;
esac
`, { mode: 0o755 });
  return file;
}

const place = (python: string, lines: string[] = []): Place => ({ ...usualPlace({ SIGHTLINE_PEERS: mkdtempSync(join(folder, "cache-")) }, (line) => lines.push(line)), python });

test("environments are made once, and again when a lock file is another", async () => {
  const lines: string[] = [];
  const here = place(fakePython("echo Collecting torch"), lines);
  await ensureEnvironments(here);
  assert.ok(lines.some((line) => line.startsWith("torch: 28 packages")), lines.join("\n"));
  lines.length = 0;
  await ensureEnvironments(here);
  assert.deepEqual(lines, []);
});

test("what can't be set up is told with what to do", async () => {
  const refusal = (python: string): Promise<string> => ensureEnvironments(place(python)).then(
    () => "",
    (error: unknown) => (error instanceof PeersError ? error.message : `not ours: ${String(error)}`),
  );
  assert.match(await refusal("/nowhere/python3"), /^there is no \/nowhere\/python3: install Python 3\.11 with venv/);
  assert.match(await refusal("/bin/false"), /^\/bin\/false has no venv: .*python3-venv/);
  assert.match(await refusal(fakePython("echo 'ERROR: No matching distribution found for torch' >&2; exit 1")), /does not reach the packages.*\n {2}ERROR: No matching distribution/);
  assert.match(await refusal(fakePython("echo 'ERROR: Could not install packages: [Errno 28] No space left on device' >&2; exit 1")), /the disk is full; 10 GB are needed/);
  assert.match(await refusal(fakePython("echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.' >&2; exit 1")), /not the one that was pinned/);
});
