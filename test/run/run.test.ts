import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { PLANTED } from "../support/planted.js";
import { runFile } from "./file-run.js";

/** Test files for the runner, written where it looks for compiled ones. */
const folder = mkdtempSync(join(tmpdir(), "sightline-runner-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const IMPORTS = `import { test, describe } from "node:test"; import assert from "node:assert/strict";\n`;

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), IMPORTS + text);
}

const runnerUrl = new URL("./index.js", import.meta.url).href;

/** Runs the runner over the written files in a process of its own. */
function runner(args: string[], env: NodeJS.ProcessEnv = {}, types = true) {
  const checks = { types: { ok: types, output: "src/a.ts(1,1): error TS1" } };
  const script = `const { runTests } = await import(${JSON.stringify(runnerUrl)});
    process.exitCode = await runTests(${JSON.stringify(args)}, ${JSON.stringify(checks)}, ${JSON.stringify(folder)});`;
  const { CI: _ci, SIGHTLINE_NO_SKIP: _noSkip, ...rest } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...rest, ...env },
    encoding: "utf8",
  });
  return { status, stdout, lastLine: stdout.trimEnd().split("\n").at(-1) };
}

function alone(file: string, timeoutMs = 60_000) {
  return runFile(file, { testsDir: folder, recordsDir: folder, timeoutMs, signal: new AbortController().signal });
}

describe("the runner", () => {
  test("counts tests, not groups, and succeeds when all pass", () => {
    write(
      "fine/two.test.js",
      `describe("group", () => { test("a", () => {}); test("b", async (t) => { await t.test("c", () => {}); }); });`,
    );
    const { status, lastLine } = runner(["fine/"]);
    assert.equal(lastLine, "3 passed, 0 failed");
    assert.equal(status, 0);
  });

  test("fails with a failing test and shows what it printed", () => {
    write("bad/one.test.js", `test("wrong sum", () => { console.log("seen on the way"); assert.equal(1 + 1, 3); });`);
    const { status, stdout, lastLine } = runner(["bad/"]);
    assert.equal(lastLine, "0 passed, 1 failed");
    assert.equal(status, 1);
    assert.match(stdout, /seen on the way/);
    assert.match(stdout, /2 !== 3/);
    assert.match(stdout, /FAILED:\n {2}bad\/one\.test\.js: wrong sum/);
  });

  test("fails when nothing was selected", () => {
    const { status, lastLine } = runner(["no such file"]);
    assert.equal(lastLine, "0 passed, 1 failed");
    assert.equal(status, 1);
  });

  test("names skipped tests, and in CI counts them as failures", () => {
    write("skip/one.test.js", `test("a", () => {}); test("b", (t) => t.skip("no camera")); test.todo("c");`);
    const relaxed = runner(["skip/"]);
    assert.equal(relaxed.lastLine, "1 passed, 0 failed, 2 skipped");
    assert.equal(relaxed.status, 0);
    assert.match(relaxed.stdout, /b \(no camera\)/);
    assert.equal(runner(["skip/"], { CI: "true" }).lastLine, "1 passed, 2 failed");
    assert.equal(runner(["skip/"], { SIGHTLINE_NO_SKIP: "1" }).lastLine, "1 passed, 2 failed");
    assert.equal(runner(["skip/"], { CI: "true", SIGHTLINE_NO_SKIP: "0" }).lastLine, "1 passed, 0 failed, 2 skipped");
    write("group/one.test.js", `test("a", () => {}); describe("b", { skip: "no camera" }, () => { test("c", () => {}); test("d", () => {}); });`);
    assert.equal(runner(["group/"]).lastLine, "1 passed, 0 failed, 1 skipped");
    assert.equal(runner(["group/"], { CI: "true" }).lastLine, "1 passed, 1 failed");
  });

  test("holds a run of everything to the least number of tests", () => {
    write("fine/two.test.js", `test("a", () => {});`);
    assert.match(runner([]).stdout, /tests ran, there are at least/);
  });

  test("runs nothing when the code does not compile, and shows why", () => {
    const { status, stdout, lastLine } = runner([], {}, false);
    assert.equal(lastLine, "0 passed, 1 failed");
    assert.equal(status, 1);
    assert.match(stdout, /error TS1/);
  });

  test("--list prints the files and runs none", () => {
    write("bad/one.test.js", `process.exit(9);`);
    const { status, stdout } = runner(["--list", "bad/"]);
    assert.equal(stdout, "bad/one.test.js\n");
    assert.equal(status, 0);
  });

  test("an unknown flag ends with status 2 and the usage", () => {
    const { status, stdout } = runner(["--fast"]);
    assert.equal(status, 2);
    assert.match(stdout, /--fast[^]*npm test -- /);
  });
});

describe("one test file", () => {
  test("that dies by a signal is known by it", async () => {
    write("dies.test.js", `test("a", () => process.kill(process.pid, "SIGKILL"));`);
    assert.equal((await alone("dies.test.js")).badEnd, "was ended by SIGKILL");
  });

  test("that exits with a status of its own is known by it", async () => {
    write("exits.test.js", `test("a", () => {}); setImmediate(() => process.exit(7));`);
    assert.equal((await alone("exits.test.js")).badEnd, "ended with exit status 7");
  });

  test("that cannot be loaded ends badly", async () => {
    write("broken.test.js", `import "./missing.js"; test("a", () => {});`);
    const { badEnd, output } = await alone("broken.test.js");
    assert.equal(badEnd, "ended with exit status 1");
    assert.match(output, /ERR_MODULE_NOT_FOUND/);
  });

  test(
    "that hangs is killed at its time limit, with the program it started",
    { skip: process.platform !== "linux" },
    async () => {
      const sleeper = `spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" })`;
      write(
        "hangs.test.js",
        `import { spawn } from "node:child_process";
      test("a", () => { console.log("pid:" + ${sleeper}.pid); return new Promise(() => setInterval(() => {}, 1000)); });`,
      );
      const { badEnd, output } = await alone("hangs.test.js", 2_000);
      assert.equal(badEnd, "did not end within 2 s and was killed");
      const pid = Number(/pid:(\d+)/.exec(output)?.[1]);
      assert.ok(pid > 0, output);
      // runFile answers once all pipes are closed, and the program held one: it is gone, or waits to be collected.
      assert.ok(!isRunning(pid), `process ${pid} is still there`);
    },
  );

  test("that prints a planted password, or leaves it in a file of its folder, is told from one that does not", async () => {
    const [password] = PLANTED.passwords;
    // Put together in the test, so that only its output can hold it.
    const secret = `["${[...password].join('", "')}"].join("")`;
    write("clean.test.js", `test("a", () => console.log(${secret}.length));`);
    assert.deepEqual((await alone("clean.test.js")).leaks, []);
    write("leaky.test.js", `test("a", () => console.error(${secret}));`);
    // Node's reporter repeats what a test prints on stderr.
    assert.ok((await alone("leaky.test.js")).leaks.includes("printed planted password 1 as it is"));
    write(
      "filing.test.js",
      `import { writeFileSync } from "node:fs"; import { join } from "node:path";
      test("a", () => writeFileSync(join(process.env.TEST_FILES_DIR, "run.jsonl"), "url: " + ${secret}));`,
    );
    assert.deepEqual((await alone("filing.test.js")).leaks, ["left planted password 1 as it is in run.jsonl"]);
    assert.ok(!existsSync(join(folder, "filing.test.js.files")));
  });

  test("runs without the switch that turns onnxruntime's telemetry off", async () => {
    process.env["ORT_DISABLE_TELEMETRY"] = "1";
    write("env.test.js", `test("a", () => assert.equal(process.env.ORT_DISABLE_TELEMETRY, undefined));`);
    const { tests } = await alone("env.test.js");
    delete process.env["ORT_DISABLE_TELEMETRY"];
    assert.deepEqual(tests, [{ name: "a", outcome: "passed", reason: "" }]);
  });
});

/**
 * Whether a process still runs; one that has ended and was not collected by its parent (state Z) does not. Linux only.
 */
function isRunning(pid: number): boolean {
  const file = `/proc/${pid}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, "utf8"));
}
