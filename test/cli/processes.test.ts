import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { descendants, isAlive, readProcess } from "../rig/processes.js";
import { CLI, runCli } from "../support/cli.js";
import { hangingModel } from "../support/models.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

const skip = process.platform === "linux" ? false : "SKIPPED: finds the processes in /proc";
const CLIP = project("samples", "street.mp4");
/** Processor time from which on a process is in a run of the hanging model: starting takes less, clock ticks (1/100 s). */
const BUSY_TICKS = 150;

/** No run is ended for its length. */
const PATIENT = { SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS: "600000", SIGHTLINE_INFERENCE_HANG_LIMIT_MS: "600000" };

const modelProcesses = (pid: number): number[] => descendants(pid).flatMap((one) => (one.commandLine.startsWith("sightline model") ? one.pid : []));

const ticksOf = (pid: number): number => (readProcess(pid) ? Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[11]) : 0);

/** The program in a process group of its own, as a shell starts it. */
function startGroup(args: readonly string[]): { child: ChildProcess; ended: Promise<number | null>; said: () => string } {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], ...PATIENT }, detached: true });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  return { child, said: () => said, ended: new Promise((resolve) => child.once("close", (code) => resolve(code))) };
}

test("a program that is killed leaves no model process behind, not even one in the middle of a run that never ends", { skip }, async () => {
  const { child, ended } = startGroup(["run", CLIP, "--mode", "processes", "--workers", "1", "--model", hangingModel()]);
  await until(() => modelProcesses(child.pid!).length === 1, "a model process");
  const pids = modelProcesses(child.pid!);
  await until(() => pids.every((pid) => ticksOf(pid) > BUSY_TICKS), "it to be in a run");
  child.kill("SIGKILL");
  await ended;
  await until(() => !pids.some(isAlive), "the model processes to be gone");
});

test("Ctrl-C reaches the model processes too, and all the same every frame that was out comes home", { skip }, async () => {
  const out = join(mkdtempSync(join(tmpdir(), "sightline-processes-")), "out.jsonl");
  const { child, ended, said } = startGroup(["run", CLIP, "--loop", "--mode", "processes", "--workers", "2", "--out", out]);
  const records = (): { outcome: string }[] => readFileSync(out, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as { outcome: string });
  await until(() => modelProcesses(child.pid!).length === 2 && readFileSync(out, "utf8").split("\n").length > 10, "records");
  const pids = modelProcesses(child.pid!);
  process.kill(-child.pid!, "SIGINT");
  assert.equal(await ended, 0, said());
  assert.deepEqual(new Set(records().map(({ outcome }) => outcome)), new Set(["detected"]));
  assert.deepEqual(pids.filter(isAlive), []);
});

test("runs that hang end their process and not the program: the stream fails in words, with status 1", { skip }, async () => {
  const env = { SIGHTLINE_INFERENCE_FRAME_TIMEOUT_MS: "300", SIGHTLINE_INFERENCE_MAX_CONSECUTIVE_FAILURES: "3" };
  const { code, signal, stdout, stderr } = await runCli(["run", CLIP, "--mode", "processes", "--workers", "1", "--model", hangingModel(), "--json"], { env });
  assert.deepEqual([code, signal], [1, null], stderr);
  const report = JSON.parse(stdout) as { mode: string; error: { code: string }; totals: { outcomes: Record<string, number> } };
  assert.deepEqual([report.mode, report.error.code], ["processes", "E_CONSECUTIVE_FAILURES"]);
  assert.match(stderr, /a process of hanging@\w+ was lost \(no answer within 300 ms \(inference\.frameTimeoutMs\)\), replaced after \d+ ms/);
});
