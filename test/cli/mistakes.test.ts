import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { startCli } from "../support/cli.js";
import { assertWholeLog, wholeLines } from "../support/log.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

const NODE_OPTIONS = `--import ${new URL("./fixtures/mistaken.js", import.meta.url).href}`;
const clip = project("samples", "street.mp4");

interface Report {
  readonly exitCode: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly accounting: { readonly detected: number; readonly failed: number; readonly inHouse: number; readonly balanced: boolean };
}

test("a mistake that nobody catches, in whichever thread, ends the run as a signal does: status 1, every record in the log", { concurrency: true }, async (t) => {
  await Promise.all(["main rejects", "worker throws"].map((mistake) => t.test(mistake, () => afterMistake(mistake))));
});

async function afterMistake(mistake: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-mistake-"));
  const out = join(folder, "log.jsonl");
  const file = join(folder, "now");
  const env = { NODE_OPTIONS, MISTAKE: mistake, MISTAKE_FILE: file, SIGHTLINE_SOURCE_LOOP: "true" };
  const running = startCli(["run", clip, "--workers", "2", "--out", out, "--json"], { env });
  await until(() => wholeLines(out).length > 5, "records");
  writeFileSync(file, "");
  const { code, signal, stdout, stderr } = await running.done;
  assert.deepEqual([code, signal], [1, null], stderr);
  assert.match(stderr, new RegExp(`^sightline: E_INTERNAL .*a mistake of the test: ${mistake}`, "m"));
  const report = JSON.parse(stdout) as Report;
  assert.deepEqual([report.exitCode, report.error?.code, report.accounting.balanced, report.accounting.inHouse], [1, "E_INTERNAL", true, 0]);
  assert.equal(assertWholeLog(out, mistake)["street"], report.accounting.detected + report.accounting.failed);
}
