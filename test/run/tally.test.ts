import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileResult } from "./file-run.js";
import type { TestOutcome } from "./recorder.js";
import { finalLine, tally, type Demands } from "./tally.js";

const LENIENT: Demands = { minimumTests: 0, noSkips: false };
const passing: TestOutcome = { name: "adds", outcome: "passed", reason: "" };
const failing: TestOutcome = { name: "divides", outcome: "failed", reason: "" };
const skipped: TestOutcome = { name: "draws", outcome: "skipped", reason: "no screen" };

function file(tests: TestOutcome[], badEnd?: string): FileResult {
  return { file: "a.test.js", tests, badEnd, leaks: [], output: "", durationMs: 1 };
}

test("tests and checks are counted together", () => {
  const sum = tally([file([passing, failing, skipped])], [{ name: "types", ok: true, output: "" }], LENIENT);
  assert.equal(finalLine(sum), "2 passed, 1 failed, 1 skipped");
  assert.deepEqual(sum.failures, ["a.test.js: divides"]);
  assert.deepEqual(sum.skips, ["a.test.js: draws (no screen)"]);
});

test("without skips the last line does not speak of them", () => {
  assert.equal(finalLine(tally([file([passing])], [], LENIENT)), "1 passed, 0 failed");
});

test("a check that fails is a failure", () => {
  assert.deepEqual(tally([], [{ name: "lint", ok: false, output: "x" }], LENIENT).failures, ["lint failed"]);
});

test("a file that was killed, or holds no test, is a failure", () => {
  assert.deepEqual(tally([file([passing], "was ended by SIGSEGV")], [], LENIENT).failures, [
    "a.test.js was ended by SIGSEGV",
  ]);
  assert.deepEqual(tally([file([])], [], LENIENT).failures, ["a.test.js holds no test"]);
});

test("a planted password that came out is a failure, even when all pass", () => {
  const leaking = { ...file([passing]), leaks: ["printed planted password 1 as it is"] };
  assert.deepEqual(tally([leaking], [], LENIENT).failures, ["a.test.js printed planted password 1 as it is"]);
});

test("too few tests are a failure, even when all pass", () => {
  const sum = tally([file([passing])], [], { ...LENIENT, minimumTests: 2 });
  assert.deepEqual(sum.failures, ["only 1 tests ran, there are at least 2: where did the others go?"]);
});

test("where nothing may be missing, a skipped test is a failure", () => {
  const sum = tally([file([passing, skipped])], [], { ...LENIENT, noSkips: true });
  assert.equal(finalLine(sum), "1 passed, 1 failed");
  assert.match(sum.failures.join(), /draws \(no screen\)/);
});
