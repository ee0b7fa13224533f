import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { CLI, runCli, startCli, type CliResult } from "../support/cli.js";

interface Report {
  readonly [key: string]: unknown;
  readonly ok: boolean;
  readonly exitCode: number;
  readonly stoppedBy: string | null;
  readonly error: { readonly code: string } | null;
  readonly streams: readonly { readonly stream: string; readonly decoded: number }[];
  readonly accounting: Readonly<Record<string, number | string | boolean>>;
}

const folder = mkdtempSync(join(tmpdir(), "sightline-run-"));
// The command is also run by somebody else, who has to be able to enter here.
chmodSync(folder, 0o755);
const FRAMES = 20;
const SOURCE = `test:numbered?frames=${FRAMES}`;

const linesOf = (text: string): { type: string; frame: number }[] =>
  text.trimEnd().split("\n").map((line) => JSON.parse(line) as { type: string; frame: number });

function assertFails({ code, stdout, stderr }: CliResult, errorCode: string): void {
  assert.equal(code, 1, stderr);
  assert.equal(stdout, "");
  const errors = stderr.split("\n").filter((line) => /E_[A-Z_]+/.test(line));
  assert.equal(errors.length, 1, stderr);
  assert.match(errors[0] ?? "", new RegExp(`^sightline: ${errorCode}  .*\\. [A-Z][^.]*.*\\.$`));
  assert.doesNotMatch(stderr, /^\s+at /m, "a stack trace without --verbose");
}

test("--json prints one object: figures, the equation that accounts for every frame, and the exit status", async () => {
  const out = join(folder, "json.jsonl");
  const { code, stdout, stderr } = await runCli(["run", SOURCE, "--json", "--out", out]);
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Report;
  assert.deepEqual(Object.keys(report), [
    "v", "command", "ok", "exitCode", "stoppedBy", "error", "model", "mode", "workers", "url", "streams", "totals", "accounting",
  ]);
  assert.deepEqual([report.ok, report.exitCode, report.stoppedBy, report.error, report["url"]], [true, 0, null, null, null]);
  assert.deepEqual(report.streams.map(({ stream, decoded }) => [stream, decoded]), [["numbered", FRAMES]]);
  assert.deepEqual(report.accounting, {
    equation: "decoded = detected + failed + late + aborted + still + skipped + inHouse",
    decoded: FRAMES, detected: FRAMES, failed: 0, late: 0, aborted: 0, still: 0, skipped: 0, inHouse: 0, balanced: true,
  });
  assert.deepEqual(linesOf(readFileSync(out, "utf8")).map(({ frame }) => frame), Array.from({ length: FRAMES }, (_, i) => i));
});

test("with --out - the records are all that standard output gets; the summary goes to stderr, without colours", async () => {
  const { code, stdout, stderr } = await runCli(["run", SOURCE, "--out", "-"]);
  assert.equal(code, 0, stderr);
  assert.equal(linesOf(stdout).filter(({ type }) => type === "frame").length, FRAMES);
  assert.match(stderr, /^numbered {2}20 frames in [\d.]+ s, [\d.]+ fps {2}\(.+, \d+ workers?\)\n {2}latency {3}p50 [\d.]+ {2}p95 [\d.]+ {2}p99 [\d.]+ ms\n {2}dropped {3}none\n {2}objects {3}/m);
  assert.equal(stderr.includes("\u001b"), false);
});

test("what can't be opened is told in one line with its own code and status 1", async (t) => {
  const missing = join(folder, "no");
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["E_SOURCE_MISSING", [`${missing}.mp4`]],
    ["E_MODEL_MISSING", ["--model", `${missing}.onnx`, `${missing}.mp4`]],
    ["E_OUT_FOLDER", [SOURCE, "--out", join(missing, "d.jsonl")]],
    ["E_OUT_WRITE", [SOURCE, "--out", folder]],
  ];
  for (const [code, args] of cases) await t.test(code, async () => assertFails(await runCli(["run", ...args]), code));
});

test("--json tells an error as JSON too, before anything was decoded", async () => {
  const { code, stdout, stderr } = await runCli(["run", join(folder, "no.mp4"), "--json"]);
  assert.equal(code, 1);
  const report = JSON.parse(stdout) as Report;
  assert.deepEqual([report.ok, report.exitCode, report.error?.code, report.streams], [false, 1, "E_SOURCE_MISSING", []]);
  assert.match(stderr, /^sightline: E_SOURCE_MISSING /);
});

test("a folder that may not be written to is refused to somebody without rights", async () => {
  const readOnly = mkdtempSync(join(folder, "locked-"));
  chmodSync(readOnly, 0o555);
  assertFails(await runCli(["run", SOURCE, "--out", join(readOnly, "d.jsonl")], { unprivileged: true, cwd: "/" }), "E_OUT_WRITE");
});

test("a full disk ends the run with the cause", { skip: existsSync("/dev/full") ? false : "SKIPPED: no /dev/full here" }, async () => {
  assertFails(await runCli(["run", SOURCE, "--out", "/dev/full"]), "E_OUT_FULL");
});

test("a port that somebody else has is refused", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  assert.ok(typeof address === "object" && address !== null);
  try {
    assertFails(await runCli(["run", SOURCE, "--serve", String(address.port)]), "E_PORT_TAKEN");
  } finally {
    other.close();
  }
});

test("the first Ctrl-C ends a run cleanly in under 2 s: records whole, frames accounted for, status 0", async () => {
  const out = join(folder, "stopped.jsonl");
  const running = startCli(["run", "test:numbered?frames=65536", "--json", "--out", out, "--serve", "0"]);
  await running.saying(/live page: http:\/\/127\.0\.0\.1:\d+/);
  const stopped = performance.now();
  running.child.kill("SIGINT");
  const { code, stdout } = await running.done;
  assert.ok(performance.now() - stopped < 2000, `it took ${Math.round(performance.now() - stopped)} ms`);
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as Report;
  assert.deepEqual([report.ok, report.exitCode, report.stoppedBy, report.accounting["balanced"]], [true, 0, "SIGINT", true]);
  const text = readFileSync(out, "utf8");
  assert.equal(text === "" || text.endsWith("\n"), true);
  const ended = Number(report.accounting["decoded"]) - Number(report.accounting["skipped"]);
  assert.equal(text === "" ? 0 : linesOf(text).filter(({ type }) => type === "frame").length, ended);
});

test("a service manager's SIGTERM does the same, a second signal ends by force", async () => {
  const gentle = startCli(["run", "test:numbered?frames=65536", "--serve", "0"]);
  const forced = startCli(["run", "test:numbered?frames=65536", "--serve", "0"]);
  await Promise.all([gentle.saying(/live page/), forced.saying(/live page/)]);
  gentle.child.kill("SIGTERM");
  forced.child.kill("SIGTERM");
  forced.child.kill("SIGINT");
  assert.equal((await gentle.done).code, 0);
  const { code, signal, stderr } = await forced.done;
  assert.deepEqual([code, signal], [null, "SIGKILL"]);
  assert.match(stderr, /ended by force/);
});

test("a reader of the records that has seen enough is no error", async () => {
  const running = startCli(["run", "test:numbered?frames=65536", "--out", "-"]);
  running.child.stdout.once("data", () => running.child.stdout.destroy());
  const { code, stderr } = await running.done;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /E_/);
});

test("standard output that is full or closed: the one is an error, the other is not", { skip: existsSync("/dev/full") ? false : "SKIPPED: no /dev/full here" }, () => {
  const run = (redirection: string) => spawnSync("sh", ["-c", `"$0" "$1" run 'test:numbered?frames=3' --json ${redirection}`, process.execPath, CLI], { encoding: "utf8" });
  const full = run(">/dev/full");
  assert.equal(full.status, 1);
  assert.match(full.stderr, /^sightline: E_OUT_FULL {2}standard output could not be written \(ENOSPC\)\. Free some space/);
  const closed = run("| true");
  assert.deepEqual([closed.status, closed.stderr], [0, ""]);
});
