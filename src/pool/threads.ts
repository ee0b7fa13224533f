import { Piscina } from "piscina";
import { pause, type Clock } from "../core/clock.js";
import type { RuntimeWish } from "../core/devices.js";
import { asPipelineError, messageOf, PipelineError, type ErrorWire } from "../core/errors.js";
import { programUrl } from "../core/programs.js";
import type { ModelInfo } from "../model/index.js";
import { watchThreads, type ThreadWatch } from "./begun.js";
import { poolOf, type Carrier } from "./carrier.js";
import { watchInFlight, type HangLimits } from "./in-flight.js";
import type { InferencePool } from "./pool.js";
import { LET_GO, ROLL_FAILED, ROLL_LEFT, ROLL_WORDS, type WorkerAnswer, type WorkerSetup, type WorkerTask } from "./messages.js";
import { chooseRuntime } from "./runtimes/choose.js";
import type { LiveDevice } from "./runtimes/live.js";
import { forbidTelemetry } from "./runtimes/onnxruntime.js";

/** How many threads, with which model. */
export interface ThreadPoolOptions extends HangLimits, RuntimeWish {
  readonly workers: number;
  /**
   * Most tasks sent to each thread at once. 2 keeps a thread busy while the main thread is not scheduled (files). As long
   * as a live stream is seated it is 1 all the same, so that its frame is the newest up to the last moment.
   */
  readonly depth: 1 | 2;
  readonly model: ModelInfo;
  /** Threads inside one run. More than 1 only for an instance that has the cores to itself. */
  readonly intraOpThreads?: number;
  /** Upper bound of a random wait before each run, ms: only for proving that order survives it. */
  readonly jitterMs?: number;
  /** The thread's program. Another one only where a test wants threads that fail in ways ours does not. */
  readonly program?: URL;
}

/** Longest wait for an idle pool to close, ms. Nothing is in flight by then, so nothing is ended in mid-run. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Longest time for all workers to load the model, ms. */
const START_TIMEOUT_MS = 60_000;

/**
 * Modes `threads` and `shared`: Piscina with a fixed number of threads, an instance made in each and called by it alone. All
 * share this process: a native crash in one ends it, and nothing here can survive that (mode `processes` can; `sightline run
 * --supervise` begins the program again). Settles when every worker has loaded the model and run it once.
 * @throws PipelineError E_POOL_START, E_POOL_STUCK when a thread hangs in loading its model, or what the worker met (E_MODEL_INVALID, ...)
 */
export async function openThreadPool(options: ThreadPoolOptions, clock: Clock): Promise<InferencePool> {
  forbidTelemetry();
  const roll = new SharedArrayBuffer(ROLL_WORDS * Int32Array.BYTES_PER_ELEMENT);
  const setup: WorkerSetup = { model: options.model, intraOpThreads: options.intraOpThreads ?? 1, choice: chooseRuntime(options), roll, jitterMs: options.jitterMs ?? 0 };
  const piscina = new Piscina({
    filename: (options.program ?? programUrl("pool/worker")).href,
    workerData: setup,
    minThreads: options.workers,
    maxThreads: options.workers,
    // No thread is ever dropped for idleness: it would take its loaded model along.
    idleTimeout: Infinity,
    concurrentTasksPerWorker: options.depth,
    // Permits keep the pool's own queue empty; this is a fuse.
    maxQueue: options.workers * options.depth + options.workers,
    // 'sync' parks a thread between tasks and wakes it late when all cores are busy.
    atomics: "disabled",
    // Two histograms a frame that nobody reads.
    recordTiming: false,
    closeTimeout: CLOSE_TIMEOUT_MS,
  });
  const threads = watchThreads(piscina);
  let live: readonly LiveDevice[];
  try {
    live = await callRoll(piscina, options.workers, new Int32Array(roll), clock);
  } catch (error) {
    if (asPipelineError(error, "E_POOL_START").code === "E_POOL_STUCK") throw error;
    await threads.begun();
    await letGo({ piscina, threads }, options.workers, clock);
    await piscina.destroy();
    throw error;
  }
  return poolOf((capacity) => threadCarrier({ piscina, threads, live, roll: new Int32Array(roll) }, options, clock, capacity));
}

/** Waits until every worker has its model, and returns what runs it in each. Any failure ends the start at once. */
async function callRoll(piscina: Piscina, workers: number, roll: Int32Array, clock: Clock): Promise<LiveDevice[]> {
  const broken = new Promise<never>((_, reject) => {
    piscina.once("error", (cause: unknown) => reject(asPipelineError(cause, "E_POOL_START")));
    // A thread that hangs in loading its model can no more be ended than one that hangs in running it.
    clock.after(START_TIMEOUT_MS, () =>
      reject(new PipelineError("E_POOL_STUCK", `not all of ${workers} workers started within ${START_TIMEOUT_MS} ms`)),
    );
  });
  const calls = Array.from({ length: workers }, () => piscina.run(workers) as Promise<ErrorWire | LiveDevice>);
  const answers = await Promise.race([Promise.all(calls), broken]).catch((cause: unknown) => {
    throw asPipelineError(cause, "E_POOL_START");
  });
  piscina.removeAllListeners("error");
  piscina.on("error", () => undefined);
  const failure = answers.find((answer) => "code" in answer);
  if (failure) throw new PipelineError(failure.code, failure.message);
  if (Atomics.load(roll, ROLL_FAILED) > 0) throw new PipelineError("E_POOL_START", "a worker could not load the model");
  return answers.filter((answer) => "device" in answer);
}

/** Has every idle thread let go of its model. */
async function letGo({ piscina, threads }: Pick<CarrierParts, "piscina" | "threads">, workers: number, clock: Clock): Promise<void> {
  const calls = Array.from({ length: workers }, () => piscina.run(LET_GO) as Promise<void>);
  // What waits is all that may be left to do.
  using _held = clock.hold();
  // One that has just taken the place of another and can't start never answers.
  await Promise.race([Promise.allSettled(calls), threads.broken, pause(CLOSE_TIMEOUT_MS, clock)]);
}

interface CarrierParts {
  readonly piscina: Piscina;
  readonly threads: ThreadWatch;
  readonly live: readonly LiveDevice[];
  readonly roll: Int32Array;
}

function threadCarrier({ piscina, threads, live, roll }: CarrierParts, { workers, depth, ...limits }: ThreadPoolOptions, clock: Clock, capacity: () => number): Carrier {
  const inFlight = watchInFlight(capacity, limits, clock);
  return {
    workers,
    live,
    capacity: (newestFirst) => (newestFirst ? workers : workers * depth),
    left: () => void Atomics.add(roll, ROLL_LEFT, 1),
    stuck: Promise.race([inFlight.stuck, threads.broken]),
    carry(task, { slotRead, home }) {
      return new Promise((resolve) => {
        const back = inFlight.sent({ late: () => resolve("late"), lost: resolve });
        void send(piscina, task).then((answer) => {
          back();
          home();
          slotRead();
          resolve(answer);
        });
      });
    },
    async [Symbol.asyncDispose]() {
      const stuck = await inFlight.drained();
      inFlight[Symbol.dispose]();
      // A thread in mid-run can't be ended without aborting the process, so a stuck pool is left to the caller's SIGKILL.
      if (stuck) throw stuck;
      // Nor can one that has just taken the place of another and runs its model for the first time.
      await threads.begun();
      await letGo({ piscina, threads }, workers, clock);
      await piscina.close();
    },
  };
}

async function send(piscina: Piscina, task: WorkerTask): Promise<WorkerAnswer> {
  try {
    return (await piscina.run(task)) as WorkerAnswer;
  } catch (cause) {
    const why = messageOf(cause);
    return { ok: false, error: new PipelineError("E_WORKER_EXITED", `a worker ended in mid-task: ${why}`).toWire() };
  }
}
