import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, writeLog } from "../replay/logs.js";
import { runCli, startCli } from "../support/cli.js";

test("a log is played to its end for a script, with what could not be read told by file and line", async (t) => {
  const log = writeLog(t, [...lines(0, 20), '{"v":1,"type":"frame","str', ...lines(20, 40)]);
  const { code, stdout, stderr } = await runCli(["replay", log, "--speed", "max", "--once", "--json", "--serve", "0"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`sightline: ${log.replaceAll(".", "\\.")}:21: no JSON`));
  const { v, ok, stoppedBy, frames, shown, troubles, durationMs, positionMs, beginsAt } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual({ v, ok, stoppedBy, frames, shown, troubles, durationMs, positionMs, beginsAt }, {
    v: 1, ok: true, stoppedBy: null, frames: { gate: 40 }, shown: 40, troubles: 1, durationMs: 1560, positionMs: 1560, beginsAt: "2026-11-20T10:00:00.000Z",
  });
});

test("Ctrl-C ends it with 0 and says what was played", async (t) => {
  const running = startCli(["replay", writeLog(t, lines(0, 1000)), "--serve", "0", "--from", "0:10"]);
  await running.saying(/live page: http:\/\/127\.0\.0\.1:\d+\//);
  running.child.kill("SIGINT");
  const { code, stderr } = await running.done;
  assert.equal(code, 0, stderr);
  assert.match(stderr.trimEnd().split("\n").at(-1)!, /^sightline: played \d+ records?, up to 0:1\d of 0:39 \(2026-11-20T10:00:1\d\.\d+Z\)$/);
});

for (const [what, args, message] of [
  ["no log", [], /E_USAGE {2}no log was given to replay/],
  ["a log that is not there", ["/nowhere/log.jsonl"], /E_LOG_MISSING {2}\/nowhere\/log\.jsonl/],
  ["a speed beyond the bounds", ["LOG", "--speed", "17"], /E_USAGE {2}--speed is "17"; allowed: a number from 0\.1 to 16, or max/],
  ["a time that is none", ["LOG", "--from", "soon"], /E_USAGE {2}--from is "soon"; allowed: /],
  ["a stream that is not in it", ["LOG", "--stream", "yard"], /E_LOG_STREAM {2}the log has no stream yard; it has gate/],
] as const) {
  test(`${what} is refused in words`, async (t) => {
    const log = writeLog(t, lines(0, 3));
    const { code, stderr } = await runCli(["replay", ...args.map((arg) => (arg === "LOG" ? log : arg))]);
    assert.match(stderr, message);
    assert.ok(code === 2 || code === 1, `${code}`);
  });
}
