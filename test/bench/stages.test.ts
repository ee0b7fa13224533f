import assert from "node:assert/strict";
import { test } from "node:test";
import { stagesText } from "../../src/bench/stages-report.js";
import { runCli } from "../support/cli.js";

interface Reported {
  readonly stages: readonly { readonly stage: string; readonly oursMs: { readonly median: number }; readonly plainMs: { readonly median: number }; readonly agrees: boolean }[];
  readonly folded: readonly { readonly model: string; readonly agrees: boolean; readonly wholeMs: { readonly kernel: { readonly median: number } } }[];
}

test("bench --stages measures every stage beside the straightforward version, which comes to the same results", { timeout: 120_000 }, async () => {
  const { code, stdout, stderr } = await runCli(["bench", "--stages", "--rounds", "1", "--json"], { timeoutMs: 110_000 });
  assert.equal(code, 0, stderr);
  const { stages, folded } = JSON.parse(stdout) as Reported;
  assert.equal(stages.length, 4);
  for (const { stage, oursMs, plainMs, agrees } of stages) assert.ok(agrees && oursMs.median > 0 && plainMs.median > 0, stage);
  assert.deepEqual(folded.map(({ agrees, wholeMs }) => [agrees, wholeMs.kernel.median > 0]), [[true, true]]);
});

test("a target that is missed and results that differ are told in the table", () => {
  const spread = (value: number) => ({ median: value, min: value, max: value });
  const stage = { stage: "one", oursMs: spread(7), plainMs: spread(10), ratio: spread(0.7), target: 0.6, agrees: false };
  const folded = { model: "m", fillMs: { kernel: spread(1), folded: spread(1) }, wholeMs: { kernel: spread(9), folded: spread(9) }, ratio: spread(1.02), agrees: true };
  const text = stagesText({ machine: "x", command: "c", rounds: 1, stages: [stage], folded: [folded] });
  assert.match(text, /^\| one \| 7\.000 .* \| 10\.000 .* \| 0\.70 .* \| 0\.6 \(missed\) \| NO \|$/m);
  assert.match(text, /^m: the graph is 2\.0 % slower, .* the pool uses the kernel$/m);
});
