import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { descendants, markedProcesses } from "../rig/processes.js";
import { runCli, startCli } from "../support/cli.js";
import { assertWholeLog, wholeLines, type LoggedFrame } from "../support/log.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

const skip = process.platform === "linux" ? false : "SKIPPED: looks for the children in /proc";
const clip = project("samples", "street.mp4");
const MARK = "SUPERVISE_MARK";

function supervisedRun() {
  const folder = mkdtempSync(join(tmpdir(), "sightline-supervise-"));
  const out = join(folder, "log.jsonl");
  const file = join(folder, "s.yaml");
  writeFileSync(file, `streams:\n  live: { source: ${clip}, sourceOptions: { realtime: true, loop: true } }\n`);
  const running = startCli(["run", "--supervise", "--config", file, "--out", out, "--workers", "1"], { cwd: folder, env: { [MARK]: folder } });
  const childPid = (): number | undefined => descendants(running.child.pid ?? 0).find(({ commandLine }) => commandLine.includes("cli.js"))?.pid;
  return { running, out, childPid, left: () => markedProcesses(MARK, folder).map(({ commandLine }) => commandLine) };
}

const framesOf = (out: string): LoggedFrame[] => wholeLines(out).map((line) => JSON.parse(line) as LoggedFrame);
const lastEpoch = (out: string): number => framesOf(out).at(-1)?.epoch ?? 0;

test("a program that crashes natively is begun again within 2 s, its log whole and going on; told to stop, all is gone and the status 0", { skip }, async (t) => {
  const { running, out, childPid, left } = supervisedRun();
  for (const [i, signal] of (["SIGSEGV", "SIGABRT"] as const).entries()) {
    await until(() => lastEpoch(out) === i + 1 && wholeLines(out).length > 10 * (i + 1), `records of epoch ${i + 1}`);
    const pid = childPid();
    assert.ok(pid !== undefined, "no child");
    const again = running.saying(new RegExp(`ended by ${signal}: it is started again`));
    process.kill(pid, signal);
    const crashedMs = performance.now();
    await again;
    await until(() => ![undefined, pid].includes(childPid()), "another child");
    const beganMs = performance.now();
    await until(() => lastEpoch(out) === i + 2, "its records");
    t.diagnostic(`${signal}: begun again after ${Math.round(beganMs - crashedMs)} ms, first record in the log after ${Math.round(performance.now() - crashedMs)} ms`);
    // A machine that is shared may be late; when nothing else runs it is some 10 ms.
    assert.ok(beganMs - crashedMs < 2000 * 5, `begun again after ${Math.round(beganMs - crashedMs)} ms`);
  }
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.done;
  assert.deepEqual([code, left()], [0, []], stderr);
  assertWholeLog(out);
  assert.deepEqual([...new Set(framesOf(out).map(({ epoch }) => epoch))], [1, 2, 3]);
});

test("what crashes at once again and again is given up, with the cause", { skip }, async () => {
  const NODE_OPTIONS = `--import ${new URL("./fixtures/crashing.js", import.meta.url).href}`;
  const { code, stderr } = await runCli(["run", clip, "--supervise"], { env: { NODE_OPTIONS }, cwd: tmpdir() });
  assert.equal(code, 1, stderr);
  assert.equal(stderr.match(/ended by SIGSEGV: it is started again/g)?.length, 4);
  assert.match(stderr, /^sightline: E_CRASHED {2}the program was ended by SIGSEGV 5 times in a row, each time within 10 s/m);
});

test("an error of the program's own ends both with its status; a parent that is killed takes the child along", { skip }, async () => {
  assert.equal((await runCli(["run", "--supervise", "no.mp4"])).code, 1);
  assert.equal((await runCli(["run", "--supervise"])).code, 2);
  const { running, out, left } = supervisedRun();
  await until(() => wholeLines(out).length > 0, "records");
  running.child.kill("SIGKILL");
  await running.done;
  await until(() => left().length === 0, "the child's end");
  assertWholeLog(out);
});
