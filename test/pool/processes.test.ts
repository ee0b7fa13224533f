import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import type { ModelInfo } from "../../src/model/index.js";
import { drawNumber } from "../../src/numbered/index.js";
import { openProcessPool, type InferencePool, type ProcessPoolOptions } from "../../src/pool/index.js";
import { lossOf } from "../../src/pool/process-end.js";
import { descendants, isAlive } from "../rig/processes.js";
import { readNumbers } from "../support/numbers.js";
import { numberedPoolOptions } from "../support/pool.js";
import { until } from "../support/until.js";
import { handStream, readNumber } from "./contract.js";

const skip = process.platform === "linux" ? false : "SKIPPED: finds the processes in /proc";
const DIES_AT_START = new URL("./fixtures/dies-at-start.js", import.meta.url);

/** Of each stream under load: enough for all that is done to the processes meanwhile. */
const FRAMES = 500;

interface Opened extends AsyncDisposable {
  readonly pool: InferencePool;
  readonly model: ModelInfo;
  readonly told: readonly string[];
}

async function openPool(some: Partial<ProcessPoolOptions> = {}): Promise<Opened> {
  const { model } = await numberedPoolOptions();
  const told: string[] = [];
  const pool = await openProcessPool({ workers: 2, depth: 2, model, frameTimeoutMs: 60_000, tell: ({ message }) => told.push(message), ...some }, systemClock);
  return { pool, model, told, [Symbol.asyncDispose]: async () => pool[Symbol.asyncDispose]() };
}

/** The model processes of this one, oldest first. */
function modelProcesses(): number[] {
  return descendants(process.pid).filter(({ commandLine, state }) => commandLine.startsWith("sightline model") && state !== "Z").map(({ pid }) => pid).sort((a, b) => a - b);
}

const lossesOf = ({ replaced }: InferencePool): number => Object.values(replaced).reduce((sum, n) => sum + n, 0);

describe("a process that is lost", { skip }, () => {
  test("is replaced whatever ended it, under load of four streams: none swapped, repeated or unaccounted for", async () => {
    await using opened = await openPool({ jitterMs: 6, frameTimeoutMs: 1500 });
    const { pool, model } = opened;
    const signals = ["SIGKILL", "SIGSEGV", "SIGABRT", "SIGSTOP", "SIGKILL"] as const;
    let seen = 0;
    const onFrame = (): void => void (seen += 1);
    const reading = Promise.all([0, 1, 2, 3].map((id) => readNumbers(pool, model, { id, frames: FRAMES, maxConsecutiveFailures: FRAMES, onFrame })));
    for (const [i, signal] of signals.entries()) {
      const before = seen;
      await until(() => seen > before + 20 && pool.workers === 2 && lossesOf(pool) === i, `work to go on after ${i} losses`);
      process.kill(modelProcesses()[i % 2]!, signal);
      await until(() => pool.workers === 1, `${signal} to be seen`);
      assert.equal(pool.capacity, 2, "a capacity that no process stands for");
    }
    await until(() => lossesOf(pool) === signals.length && pool.workers === 2, "the last one to be replaced");
    const lost = (await reading).flatMap(({ frames, numbers }) => {
      assert.deepEqual(frames, Array.from({ length: FRAMES }, (_, i) => i));
      return numbers.filter((number, i) => number !== frames[i]);
    });
    assert.ok(lost.length >= 1 && lost.length <= 2 * signals.length && lost.every(Number.isNaN), `lost or swapped: ${lost.join(" ")}`);
    assert.deepEqual(pool.replaced, { crashed: 4, exited: 0, out_of_memory: 0, hung: 1 });
    assert.match(opened.told[0] ?? "", /^a process of numbered@\w+ was lost \(SIGKILL from outside.*\), replaced after \d+ ms$/);
  });

  test("and does not take part any more, though stopped and full of unread messages, holds nobody up before its deadline", async () => {
    await using opened = await openPool({ frameTimeoutMs: 1500 });
    const { pool, model } = opened;
    const stopped = modelProcesses()[0]!;
    process.kill(stopped, "SIGSTOP");
    const stream = handStream(pool, model, 0);
    const answers: (number | string)[] = [];
    // Were anything here to wait for it, nobody would be left to end it.
    await Promise.all(Array.from({ length: 40 }, async (_, i) => answers.push(readNumber(await stream.send((pixels) => drawNumber(pixels, i))))));
    const lost = answers.filter((answer) => typeof answer === "string");
    assert.ok(lost.length <= 2 && lost.includes("late"), answers.join(" "));
    await until(() => !isAlive(stopped) && pool.workers === 2, "the stopped one to be replaced");
    stream.leave();
  });

  test("is tried again when its successor can't start, and the notice says why", async () => {
    await using opened = await openPool({ program: DIES_AT_START, startBackoffMs: 100 });
    const { pool, model, told } = opened;
    const curse = `${model.path}.cursed`;
    writeFileSync(curse, "");
    process.kill(modelProcesses()[0]!, "SIGKILL");
    await until(() => told.length > 0, "a word about it");
    assert.match(told[0] ?? "", /can't be replaced: a process ended while it loaded the model: status 7 \(no mood to start\); tried again in 100 ms$/);
    const stream = handStream(pool, model, 0);
    assert.equal(readNumber(await stream.send((pixels) => drawNumber(pixels, 5))), 5, "the other one serves meanwhile");
    rmSync(curse);
    await until(() => pool.workers === 2, "it to be replaced at last");
    assert.equal(pool.replaced.crashed, 1);
    stream.leave();
  });

  test("ends the pool when none is left and none can be started, and who waits is told", async () => {
    await using opened = await openPool({ workers: 1, program: DIES_AT_START, startBackoffMs: 1, jitterMs: 500 });
    const { pool, model } = opened;
    writeFileSync(`${model.path}.cursed`, "");
    const stream = handStream(pool, model, 0);
    const answers = [0, 1].map((i) => stream.send((pixels) => drawNumber(pixels, i)));
    await until(() => pool.busy === 2, "both to be out");
    process.kill(modelProcesses()[0]!, "SIGKILL");
    const error = await pool.stuck;
    assert.equal(error.code, "E_WORKER_START");
    assert.match(error.message, /^no process of numbered@\w+ is left, and each failed to start 7 times in a row: .*status 7 \(no mood to start\)$/);
    for (const answer of await Promise.all(answers)) assert.notEqual(readNumber(answer), "late");
    stream.leave();
  });
});

describe("processes", { skip }, () => {
  test("that die while the pool is opened are an error with their last words, and nothing is left", async () => {
    const { model } = await numberedPoolOptions();
    writeFileSync(`${model.path}.cursed`, "");
    const opening = openProcessPool({ workers: 2, depth: 2, model, frameTimeoutMs: 1000, program: DIES_AT_START }, systemClock);
    await assert.rejects(opening, { code: "E_POOL_START", message: /status 7 \(no mood to start\)/ });
    assert.deepEqual(modelProcesses(), []);
  });

  test("get nothing of our environment but what a program needs to start, and no telemetry", async () => {
    process.env["SIGHTLINE_TEST_SECRET"] = "not for children";
    try {
      await using _opened = await openPool();
      for (const pid of modelProcesses()) {
        const names = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").map((entry) => entry.split("=")[0]!);
        const allowed = /^(PATH|LD_LIBRARY_PATH|LANG|LC_ALL|TZ|TMPDIR|TEMP|TMP|ORT_DISABLE_TELEMETRY|NODE_CHANNEL_FD|NODE_CHANNEL_SERIALIZATION_MODE|)$/;
        assert.deepEqual(names.filter((name) => !allowed.test(name)), []);
        assert.ok(names.includes("ORT_DISABLE_TELEMETRY"));
      }
    } finally {
      delete process.env["SIGHTLINE_TEST_SECRET"];
    }
  });

  test("leave the signals of a terminal to their parent, and are gone when the pool is closed", async () => {
    const opened = await openPool();
    const pids = modelProcesses();
    assert.equal(pids.length, 2);
    for (const pid of pids) for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
    const stream = handStream(opened.pool, opened.model, 0);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => stream.send((pixels) => drawNumber(pixels, i))));
    assert.deepEqual(answers.map(readNumber), answers.map((_, i) => i));
    stream.leave();
    await opened[Symbol.asyncDispose]();
    assert.deepEqual(pids.filter(isAlive), []);
    assert.equal(lossesOf(opened.pool), 0);
  });
});

test("an end for want of memory is told from a crash, by what V8 itself says", () => {
  const program = "const kept = []; for (;;) kept.push(new Array(100_000).fill(kept.length + 0.5));";
  const { status, signal, stderr } = spawnSync(process.execPath, ["--max-old-space-size=16", "-e", program], { encoding: "utf8" });
  assert.deepEqual(lossOf({ code: status, signal, lastWords: stderr.slice(-4000) }).cause, "out_of_memory", `${status} ${signal} ${stderr.slice(-300)}`);
  assert.deepEqual(lossOf({ code: null, signal: "SIGSEGV", lastWords: "" }), { cause: "crashed", words: "SIGSEGV" });
  assert.deepEqual(lossOf({ code: 3, signal: null, lastWords: "" }), { cause: "exited", words: "status 3" });
});
