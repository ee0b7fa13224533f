import { pause, type Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { frameBytes } from "../model/index.js";
import { ringViews } from "../ring/index.js";
import { poolOf, type Carrier, type Hands } from "./carrier.js";
import { watchInFlight } from "./in-flight.js";
import type { WorkerAnswer, WorkerTask } from "./messages.js";
import { startModelProcess, type ModelProcess } from "./model-process.js";
import type { Loss } from "./process-end.js";
import { NONE_REPLACED, type InferencePool, type PoolAnswer, type PoolNotice, type ReplacementCause } from "./pool.js";
import { chooseRuntime } from "./runtimes/choose.js";
import type { LiveDevice } from "./runtimes/live.js";
import { openSlotFile, type SlotFile } from "./slot-file.js";
import type { ThreadPoolOptions } from "./threads.js";

/** How many processes, with which model. */
export interface ProcessPoolOptions extends Omit<ThreadPoolOptions, "intraOpThreads" | "hangLimitMs" | "program"> {
  /** A frame whose answer has not come by then ends as `late`, and the process that has it is ended and replaced, ms. */
  readonly frameTimeoutMs: number;
  /** Told of processes that were lost and replaced. */
  readonly tell?: (notice: PoolNotice) => void;
  /** The process's program. Another one only where a test wants processes that fail in ways ours does not. */
  readonly program?: URL;
  /** The wait after a process's first failed start in a row, ms; doubled with each further one. */
  readonly startBackoffMs?: number;
}

/** Default of `startBackoffMs`, and the longest wait, ms. */
const START_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;
/** Failed starts of each process in a row, none being left, that end the pool: about 16 s with the default waits. */
const MOST_FAILED_STARTS = 7;
/** Processes that are lost again and again are told in one line in so long, ms. */
const TELL_PERIOD_MS = 10_000;
/** Longest wait for a process that was killed, ms: one that hangs in the kernel is left to it. */
const GONE_TIMEOUT_MS = 5_000;

/**
 * Mode `processes`: an instance in each of so many child processes. One that ends or hangs is replaced, and only its frames
 * are lost. Settles when every process has loaded the model and run it once.
 * @throws PipelineError E_POOL_START, or what a process met (E_MODEL_INVALID, ...)
 */
export async function openProcessPool(options: ProcessPoolOptions, clock: Clock): Promise<InferencePool> {
  const carrier = new Processes(options, clock);
  try {
    await carrier.open();
  } catch (error) {
    await carrier[Symbol.asyncDispose]();
    throw error;
  }
  return poolOf(() => carrier);
}

/** A place for one process; the process in it changes. */
interface Place {
  /** undefined while it waits to be started again. */
  process: ModelProcess | undefined;
  isReady: boolean;
  /** Starts that failed in a row. */
  failedStarts: number;
  /** What it has to do, by the task's id. */
  readonly flights: Map<number, Flight>;
  /** Its slots that hold no frame. */
  readonly freeSlots: number[];
}

/** A task on its way. */
interface Flight {
  readonly id: number;
  readonly task: WorkerTask;
  readonly hands: Hands;
  /** The slot that it has in its place's process. */
  slot: number;
  /** The pixels are copied. */
  isRead: boolean;
  /** Ends it, once. */
  end(answer: PoolAnswer): void;
}

class Processes implements Carrier {
  readonly replaced: Record<ReplacementCause, number> = { ...NONE_REPLACED };
  readonly #options: ProcessPoolOptions;
  readonly #clock: Clock;
  readonly #choice;
  readonly #slotBytes: number;
  readonly #slots: SlotFile;
  readonly #places: readonly Place[];
  /** Permits are given by what can be sent, so this is empty unless a process was lost with permits out. */
  readonly #waiting: Flight[] = [];
  readonly #rings = ringViews();
  readonly #inFlight;
  readonly #stuck = deferred<PipelineError>();
  readonly #closing = new AbortController();
  #givenUp: PipelineError | undefined;
  #changed = (): void => undefined;
  #nextId = 0;
  #told = { atMs: -Infinity, untold: 0 };

  constructor(options: ProcessPoolOptions, clock: Clock) {
    const { model, workers, depth, frameTimeoutMs } = options;
    [this.#options, this.#clock] = [options, clock];
    this.#choice = chooseRuntime(options);
    this.#slotBytes = 3 * model.inputWidthPx * model.inputHeightPx;
    this.#slots = openSlotFile(workers * depth, this.#slotBytes);
    this.#places = Array.from({ length: workers }, (_, i) => ({
      process: undefined, isReady: false, failedStarts: 0, flights: new Map<number, Flight>(), freeSlots: Array.from({ length: depth }, (__, k) => i * depth + k),
    }));
    // A process that hangs is ended, so no hang makes this pool stuck.
    this.#inFlight = watchInFlight(() => Infinity, { frameTimeoutMs, hangLimitMs: Infinity }, clock);
  }

  get stuck(): Promise<PipelineError> {
    return this.#stuck.promise;
  }

  get workers(): number {
    return this.#places.filter(({ isReady }) => isReady).length;
  }

  get live(): readonly LiveDevice[] {
    return this.#places.flatMap(({ process }) => process?.live() ?? []);
  }

  capacity(newestFirst: boolean): number {
    return this.workers * (newestFirst ? 1 : this.#options.depth);
  }

  onCapacity(changed: () => void): void {
    this.#changed = changed;
  }

  left(stream: number): void {
    this.#rings.forget(stream);
  }

  /** Starts all processes; the first that can't be started ends it. */
  async open(): Promise<void> {
    await Promise.all(this.#places.map((place) => this.#start(place)));
  }

  carry(task: WorkerTask, hands: Hands): Promise<PoolAnswer> {
    if (this.#givenUp !== undefined) {
      hands.slotRead();
      hands.home();
      return Promise.resolve(this.#givenUp);
    }
    return new Promise((resolve) => {
      const back = this.#inFlight.sent({ late: () => this.#late(flight), lost: resolve });
      let isOver = false;
      const end = (answer: PoolAnswer): void => {
        if (isOver) return;
        isOver = true;
        back();
        resolve(answer);
        if (!flight.isRead) hands.slotRead();
        hands.home();
      };
      const flight: Flight = { id: (this.#nextId += 1), task, hands, slot: -1, isRead: false, end };
      this.#waiting.push(flight);
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    for (let place = this.#idlest(); place !== undefined && this.#waiting.length > 0; place = this.#idlest()) this.#send(place, this.#waiting.shift()!);
  }

  /** The process with the least to do that can take one task more. */
  #idlest(): Place | undefined {
    return this.#places.filter(({ isReady, freeSlots }) => isReady && freeSlots.length > 0).sort((a, b) => a.flights.size - b.flights.size)[0];
  }

  #send(place: Place, flight: Flight): void {
    const { task, hands, id } = flight;
    const bytes = frameBytes(task.pixels ?? "fitted", task.letterbox);
    const slot = place.freeSlots.pop()!;
    let at;
    try {
      at = this.#slots.write(slot, this.#pixelsOf(task).subarray(0, bytes));
    } catch (cause) {
      place.freeSlots.push(slot);
      return flight.end({ ok: false, error: asPipelineError(cause, "E_INFERENCE_FAILED").toWire() });
    }
    flight.slot = slot;
    place.flights.set(id, flight);
    place.process?.send({ id, at, bytes, letterbox: task.letterbox, rows: task.rows, limits: task.limits, ...(task.pixels && { pixels: task.pixels }) });
    flight.isRead = true;
    hands.slotRead();
  }

  #pixelsOf(task: WorkerTask): Uint8Array {
    const { slot, generation } = task;
    const ring = this.#rings.of(task);
    if (!ring.isCurrent(slot, generation)) throw new PipelineError("E_INFERENCE_FAILED", `slot ${slot} no longer holds the frame it was announced with`);
    return ring.pixels(slot);
  }

  #answered(place: Place, id: number, answer: WorkerAnswer): void {
    const flight = place.flights.get(id);
    if (flight === undefined) return;
    place.flights.delete(id);
    place.freeSlots.push(flight.slot);
    flight.end(answer);
    this.#sendWaiting();
  }

  #late(flight: Flight): void {
    const place = this.#places.find(({ flights }) => flights.has(flight.id));
    const at = this.#waiting.indexOf(flight);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (place) this.#lose(place, { cause: "hung", words: `no answer within ${this.#options.frameTimeoutMs} ms (inference.frameTimeoutMs)` }, flight);
    flight.end("late");
  }

  /** Its frames are lost, nothing else; another process takes its place. What becomes of the one that is `late` is known already. */
  #lose(place: Place, loss: Loss, late?: Flight): void {
    const lost = [...place.flights.values()];
    place.process?.kill();
    place.process = undefined;
    place.isReady = false;
    place.flights.clear();
    for (const { slot } of lost) place.freeSlots.push(slot);
    // Before their permits are free: nothing is to be sent to a process that is not there.
    this.#changed();
    const error = new PipelineError("E_WORKER_EXITED", `the process that had the frame ended: ${loss.words}`).toWire();
    for (const flight of lost) if (flight !== late) flight.end({ ok: false, error });
    void this.#replace(place, loss);
  }

  async #replace(place: Place, loss: Loss): Promise<void> {
    const { startBackoffMs = START_BACKOFF_MS } = this.#options;
    const lostMs = this.#clock.monotonicMs();
    while (!this.#closing.signal.aborted) {
      try {
        await this.#start(place);
        this.replaced[loss.cause] += 1;
        return this.#tell(`a process of ${this.#options.model.id} was lost (${loss.words}), replaced after ${Math.round(this.#clock.monotonicMs() - lostMs)} ms`);
      } catch (cause) {
        const { message } = asPipelineError(cause, "E_POOL_START");
        if (this.#closing.signal.aborted || this.#giveUp(message)) return;
        const waitMs = Math.min(LONGEST_BACKOFF_MS, startBackoffMs * 2 ** (place.failedStarts - 1));
        this.#tell(`a process of ${this.#options.model.id} was lost (${loss.words}) and can't be replaced: ${message}; tried again in ${waitMs} ms`);
        using _held = this.#clock.hold();
        await pause(waitMs, this.#clock, this.#closing.signal);
      }
    }
  }

  /** Fills a place. @throws PipelineError of what the process met */
  async #start(place: Place): Promise<void> {
    const { model, jitterMs = 0, program } = this.#options;
    const process = startModelProcess({
      ...(program && { program }), setup: { model, choice: this.#choice, jitterMs, slotBytes: this.#slotBytes }, slotsFd: this.#slots.fd,
      onAnswer: (id, answer) => place.process === process && this.#answered(place, id, answer),
    }, this.#clock);
    place.process = process;
    try {
      await process.ready;
    } catch (error) {
      place.failedStarts += 1;
      throw error;
    }
    place.failedStarts = 0;
    place.isReady = true;
    void process.gone.then((loss) => place.process === process && !this.#closing.signal.aborted && this.#lose(place, loss));
    this.#changed();
    this.#sendWaiting();
  }

  /** When nobody is left and nobody can be started: whoever waits is told, and the pool says so. */
  #giveUp(why: string): boolean {
    if (this.#givenUp === undefined && this.#places.every(({ isReady, failedStarts }) => !isReady && failedStarts >= MOST_FAILED_STARTS)) {
      const error = new PipelineError("E_WORKER_START", `no process of ${this.#options.model.id} is left, and each failed to start ${MOST_FAILED_STARTS} times in a row: ${why}`);
      this.#givenUp = error;
      for (const flight of this.#waiting.splice(0)) flight.end(error);
      this.#stuck.resolve(error);
    }
    return this.#givenUp !== undefined;
  }

  #tell(message: string): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#told.atMs < TELL_PERIOD_MS) return void (this.#told.untold += 1);
    const { untold } = this.#told;
    this.#told = { atMs: now, untold: 0 };
    this.#options.tell?.({ level: "warn", message: untold === 0 ? message : `${message}; ${untold} times more before` });
  }

  /** Waits for what is out, then ends the processes, which have nothing to do by then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inFlight.drained();
    this.#inFlight[Symbol.dispose]();
    this.#closing.abort();
    const ending = this.#places.flatMap(({ process }) => process ?? []);
    for (const process of ending) process.kill();
    await Promise.race([Promise.all(ending.map(({ gone }) => gone)), pause(GONE_TIMEOUT_MS, this.#clock)]);
    this.#slots[Symbol.dispose]();
  }
}
