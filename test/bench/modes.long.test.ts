import assert from "node:assert/strict";
import { test } from "node:test";
import { modesText } from "../../src/bench/modes-report.js";
import { findBroker } from "../../src/bench/queue-rig.js";
import { runCli } from "../support/cli.js";

interface Reported {
  readonly blocks: readonly { readonly workers: number; readonly limit: { readonly median: number }; readonly modes: readonly { readonly mode: string; readonly fps: { readonly median: number }; readonly toThreads: { readonly median: number }; readonly peakMb: { readonly median: number } }[] }[];
  readonly left: readonly { readonly mode: string }[];
}

test("bench --modes measures every mode that can be run here, in one table", { timeout: 300_000 }, async () => {
  const { code, stdout, stderr } = await runCli(["bench", "--modes", "--counts", "1", "--rounds", "1", "--seconds", "1", "--json"], { timeoutMs: 280_000 });
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as Reported;
  const [block] = report.blocks;
  assert.ok(block && block.workers === 1 && block.limit.median > 0);
  const withoutBroker = findBroker() === null;
  assert.deepEqual(block.modes.map(({ mode }) => mode), ["threads", "shared", "processes", ...(withoutBroker ? [] : ["queue"])]);
  assert.deepEqual(report.left.map(({ mode }) => mode), withoutBroker ? ["queue"] : []);
  for (const { mode, fps, peakMb } of block.modes) assert.ok(fps.median > 0 && (process.platform !== "linux" || peakMb.median > 50), `${mode}: ${fps.median} fps, ${peakMb.median} MB`);
  assert.equal(block.modes[0]?.toThreads.median, 1);
});

test("the table has one line for each mode, with the bare sessions before them", () => {
  const one = { median: 2, min: 1, max: 3 };
  const modes = (["threads", "queue"] as const).map((mode) => ({ mode, fps: one, toThreads: one, toLimit: one, p50Ms: one, p99Ms: one, peakMb: one, startMs: one }));
  const lines = modesText({ machine: "m", command: "c", source: "s", rounds: 3, seconds: 5, blocks: [{ model: "nano", workers: 2, limit: one, modes }], left: [{ mode: "shared", why: "no reason" }] }).split("\n");
  const cells = lines.filter((line) => line.startsWith("| nano")).map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1));
  assert.deepEqual(cells, [
    ["nano", "2", "(bare sessions)", "2.0 [1.0 .. 3.0]", "", "1", "", "", "", ""],
    ["nano", "2", "threads", "2.0 [1.0 .. 3.0]", "1", "2.00 [1.00 .. 3.00]", "2", "2", "2", "2"],
    ["nano", "2", "queue", "2.0 [1.0 .. 3.0]", "2.00 [1.00 .. 3.00]", "2.00 [1.00 .. 3.00]", "2", "2", "2", "2"],
  ]);
  assert.ok(lines.includes("shared was not measured: no reason"));
});
