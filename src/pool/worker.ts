import { threadId } from "node:worker_threads";
import { workerData } from "piscina";
import { systemClock } from "../core/clock.js";
import { asPipelineError, PipelineError, type ErrorWire } from "../core/errors.js";
import { readSlot, ringViews } from "../ring/index.js";
import { singleCaller } from "./instance.js";
import { jitterWait } from "./jitter.js";
import { ROLL_ARRIVED, ROLL_FAILED, ROLL_LEFT, LET_GO, type WorkerAnswer, type WorkerSetup, type WorkerTask } from "./messages.js";
import type { LiveDevice } from "./runtimes/live.js";
import { openServing, type Serving } from "./serving.js";
import { inTurn, type Shared } from "./turns.js";

/*
 * The thread entry. Its own model instance is made here, in the thread that will call it, and nobody else ever sees it.
 * Order: load, warm up once, answer the roll call, then serve. A failed load is answered as data: an exception at import
 * would leave the pool waiting for ever (Piscina marks the bootstrap failed and later tasks hang).
 */

const setup = workerData as WorkerSetup;
/** The shared memory of the streams that send. */
const rings = ringViews();
let leftBefore = 0;
const roll = new Int32Array(setup.roll);
const jitter = jitterWait(setup.jitterMs, threadId);

/** The model; undefined when there is none. */
let loaded: Serving | undefined;

type Instance = Shared<WorkerTask, WorkerAnswer>;

async function start(): Promise<Instance | ErrorWire> {
  try {
    const serving = await openServing(setup.model, setup.intraOpThreads, setup.choice);
    loaded = serving;
    // Tasks may be sent ahead of time so that the thread never waits for the main thread; they are served one by one.
    return inTurn(singleCaller((task: WorkerTask) => serve(serving, task)));
  } catch (error) {
    Atomics.add(roll, ROLL_FAILED, 1);
    return asPipelineError(error, "E_POOL_START").toWire();
  } finally {
    Atomics.add(roll, ROLL_ARRIVED, 1);
    Atomics.notify(roll, ROLL_ARRIVED);
  }
}

function serve(serving: Serving, task: WorkerTask): Promise<WorkerAnswer> {
  forgetThoseWhoLeft(serving);
  return serving.serve(task, (fill) => {
    readFrame(task, fill);
    jitter();
  });
}

/** Streams come and go for months: when one has left, everything kept is let go, and the tasks that still come bring it back. */
function forgetThoseWhoLeft(serving: Serving): void {
  const left = Atomics.load(roll, ROLL_LEFT);
  if (left === leftBefore) return;
  leftBefore = left;
  rings.forgetAll();
  serving.forget();
}

/** Copies the slot into the input tensor. */
function readFrame(task: WorkerTask, fill: (planes: Uint8Array) => void): void {
  if (!readSlot(rings.of(task), task.slot, task.generation, fill)) {
    throw new PipelineError("E_INFERENCE_FAILED", `slot ${task.slot} no longer holds the frame it was announced with`);
  }
}

/** How long a worker waits for its siblings in the roll call, ms; the main thread gives up at the same time. */
const ROLL_CALL_MS = 60_000;

/** Blocks until every worker has loaded its model (or failed to). */
function rollCall(workers: number): void {
  const deadline = systemClock.monotonicMs() + ROLL_CALL_MS;
  for (let seen = Atomics.load(roll, ROLL_ARRIVED); seen < workers; seen = Atomics.load(roll, ROLL_ARRIVED)) {
    const left = deadline - systemClock.monotonicMs();
    if (left <= 0 || Atomics.wait(roll, ROLL_ARRIVED, seen, left) === "timed-out") return;
  }
}

const instance = await start();

/** Piscina's handler: the roll call (a number: how many workers there are), the last task of all (LET_GO), or one frame. Never throws. */
export default async function handle(task: WorkerTask | number): Promise<WorkerAnswer | ErrorWire | LiveDevice | undefined> {
  if (task === LET_GO) return void (await loaded?.[Symbol.asyncDispose]());
  if (typeof task === "number") {
    rollCall(task);
    return "code" in instance ? instance : loaded!.live;
  }
  if ("code" in instance) return { ok: false, error: instance };
  try {
    return await instance.run(task);
  } catch (error) {
    return { ok: false, error: asPipelineError(error, "E_INFERENCE_FAILED").toWire() };
  }
}
