import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import test from "node:test";
import { CLI } from "../support/cli.js";

/** util-linux's program that gives another one a terminal. */
const SCRIPT = "/usr/bin/script";

function inTerminal(args: string, environment: Record<string, string>): string {
  const command = `stty cols 50; "${process.execPath}" "${CLI}" ${args}`;
  const { PATH, HOME } = process.env;
  const { stdout, status } = spawnSync(SCRIPT, ["-qec", command, "/dev/null"], { encoding: "utf8", env: { PATH, HOME, TERM: "xterm", ...environment }, timeout: 120_000 });
  assert.equal(status, 0, stdout);
  return stdout;
}

const skip = existsSync(SCRIPT) ? false : `SKIPPED: no ${SCRIPT} here`;

test("on a terminal one line is drawn anew and cut to the width; it is gone when the summary appears", { skip }, () => {
  const seen = inTerminal("run 'test:numbered?frames=3000'", {});
  const drawn = seen.split("\r\u001b[2K").slice(1, -1);
  assert.ok(drawn.length > 0, JSON.stringify(seen));
  for (const line of drawn) assert.ok(line.length < 50 && !line.includes("\n"), JSON.stringify(line));
  assert.match(drawn.at(-1) ?? "", /^numbered {2}\d+\/3000 frames {2}\d+%/);
  const summary = seen.split("\r\u001b[2K").at(-1) ?? "";
  assert.match(summary, /^\u001b\[1mnumbered\u001b\[22m {2}3000 frames in /);
});

test("NO_COLOR is honoured on a terminal too", { skip }, () => {
  assert.doesNotMatch(inTerminal("run 'test:numbered?frames=5'", { NO_COLOR: "1" }), /\u001b\[\d+m/);
});
