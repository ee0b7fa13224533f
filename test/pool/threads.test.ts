import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { deferred } from "../../src/core/lifetime.js";
import { openThreadPool, type InferencePool, type ThreadPoolOptions, type WorkerTask } from "../../src/pool/index.js";
import { LIMITS, NO_MODEL, numberedPoolOptions, temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";

const MOODY = new URL("./fixtures/moody.js", import.meta.url);
const ANSWERS = 0;
const THROWS = 1;
const EXITS = 2;
const HANGS = 3;

function moodyPool(options: Partial<ThreadPoolOptions> = {}): Promise<InferencePool> {
  const limits = { frameTimeoutMs: 10_000, hangLimitMs: 20_000 };
  return openThreadPool({ workers: 1, depth: 1, ...NO_MODEL, ...limits, program: MOODY, ...options }, systemClock);
}

function task(slot: number, hangMs = 0): WorkerTask {
  const letterbox = {
    scaleX: hangMs, scaleY: 1, leftPx: 0, topPx: 0, contentWidthPx: 1, contentHeightPx: 1,
    inputWidthPx: 1, inputHeightPx: 1, sourceWidthPx: 1, sourceHeightPx: 1,
  };
  return { ringId: 0, memory: new SharedArrayBuffer(64), layout: { slots: 1, slotBytes: 1 }, slot, generation: 0, letterbox, rows: { topPx: 0, heightPx: 1 }, limits: LIMITS };
}

async function run(pool: InferencePool, one: WorkerTask, released = (): void => undefined) {
  await pool.permit(0);
  return pool.run(one, released);
}

const codeOf = (answer: Awaited<ReturnType<InferencePool["run"]>>): string =>
  answer === "late" ? "late" : "ok" in answer ? (answer.ok ? "ok" : answer.error.code) : answer.code;

test("a thread program that is broken at import is an error at once, never a hang", async () => {
  const program = new URL("./fixtures/broken-at-import.js", import.meta.url);
  await assert.rejects(moodyPool({ program }), { code: "E_POOL_START" });
});

test("a worker that throws fails that frame and serves the next", async () => {
  await using pool = await moodyPool();
  assert.equal(codeOf(await run(pool, task(THROWS))), "E_WORKER_EXITED");
  assert.equal(codeOf(await run(pool, task(ANSWERS))), "ok");
});

test("a worker that ends its thread fails that frame and is replaced", async () => {
  await using pool = await moodyPool();
  assert.equal(codeOf(await run(pool, task(EXITS))), "E_WORKER_EXITED");
  assert.equal(codeOf(await run(pool, task(ANSWERS))), "ok");
});

test("a pool that is closed while a thread takes the place of another one waits until that has its model", async () => {
  const log = join(temporaryFolder(), "starts");
  process.env["START_LOG"] = log;
  const pool = await moodyPool({ program: new URL("./fixtures/slow-start.js", import.meta.url) });
  assert.equal(codeOf(await run(pool, task(EXITS))), "E_WORKER_EXITED");
  await until(() => readFileSync(log, "utf8").split("begin").length === 3, "the second thread's start");
  await pool[Symbol.asyncDispose]();
  assert.equal(readFileSync(log, "utf8"), "begin\nend\nbegin\nend\n");
});

test("a run that outlives its deadline is late, keeps its slot until the worker is back, and the other worker goes on", async () => {
  await using pool = await moodyPool({ workers: 2, frameTimeoutMs: 100 });
  const back = deferred();
  let isBack = false;
  const hanging = run(pool, task(HANGS, 1500), () => {
    isBack = true;
    back.resolve();
  });
  assert.equal(codeOf(await run(pool, task(ANSWERS))), "ok");
  assert.equal(await hanging, "late");
  assert.equal(isBack, false, "the slot was given back while a worker may read it");
  await back.promise;
  assert.equal(codeOf(await run(pool, task(ANSWERS))), "ok");
});

test("when every worker hangs the pool says that it is stuck and answers those who wait", async () => {
  const pool = await moodyPool({ frameTimeoutMs: 100, hangLimitMs: 60_000 });
  const answer = await run(pool, task(HANGS, 2000));
  assert.ok(answer === "late" || codeOf(answer) === "E_POOL_STUCK");
  assert.equal((await pool.stuck).code, "E_POOL_STUCK");
  await assert.rejects(async () => pool[Symbol.asyncDispose](), { code: "E_POOL_STUCK" }, "closing a stuck pool must not look like success");
});

test("permits keep more tasks than there are workers from being sent", async () => {
  await using pool = await moodyPool({ workers: 2 });
  await pool.permit(0);
  await pool.permit(0);
  let third = false;
  const waiting = pool.permit(0).then(() => (third = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(third, false);
  pool.returnPermit(0);
  await waiting;
  pool.returnPermit(0);
  pool.returnPermit(0);
});

test("a model file that can't be loaded is told by the worker's own error", async () => {
  const options = await numberedPoolOptions();
  const broken = { ...options, model: { ...options.model, path: "/nowhere/model.onnx" } };
  await assert.rejects(openThreadPool(broken, systemClock), { code: "E_MODEL_INVALID" });
});

test("closing leaves no thread behind", async () => {
  const threads = (): number => readdirSync("/proc/self/task").length;
  const options = await numberedPoolOptions();
  const first = await openThreadPool({ ...options, workers: 3 }, systemClock);
  await first[Symbol.asyncDispose]();
  const before = threads();
  const pool = await openThreadPool({ ...options, workers: 3 }, systemClock);
  assert.ok(threads() > before);
  await pool[Symbol.asyncDispose]();
  assert.ok(threads() <= before, `${threads()} threads, ${before} before`);
});
