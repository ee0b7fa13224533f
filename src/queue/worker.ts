import { pause, type Clock } from "../core/clock.js";
import type { RuntimeWish } from "../core/devices.js";
import { PipelineError } from "../core/errors.js";
import type { ModelInfo } from "../model/index.js";
import { openPool, type InferencePool, type PoolAnswer, type PoolNotice } from "../pool/index.js";
import { createRing, type FrameRing, type SlotLease } from "../ring/index.js";
import { encodeAnnouncement } from "./announcement.js";
import { encodeAnswer } from "./answer.js";
import type { Broker } from "./connection.js";
import { planesOf } from "./jpeg.js";
import type { QueuedMessage } from "./jetstream.js";
import { openLink, type Link } from "./link.js";
import type { Tell } from "./open.js";
import type { QueueOptions } from "./options.js";
import { decodePart, encodePartRequest, missingRanges, mostPartBytes } from "./parts.js";
import { HELLO_SUBJECT, KINDS, modelKey, traitsOf, WORKERS_SUBJECT, type QueueKind } from "./subjects.js";
import { decodeTask, type ArrivedTask } from "./task.js";

/** What a worker is. */
export interface WorkerOptions extends RuntimeWish {
  readonly queue: QueueOptions;
  readonly model: ModelInfo;
  /** Threads, each with its instance of the model. */
  readonly workers: number;
  readonly frameTimeoutMs: number;
  readonly hangLimitMs: number;
  /** Upper bound of a random wait before each run, ms: only for proving that order survives it. */
  readonly jitterMs?: number;
  /** Its name at the broker: no other worker may have it. */
  readonly name: string;
  readonly host: string;
  readonly version: string;
}

/** What it has done since it began. */
export interface WorkerFigures {
  /** Frames that were answered with detections, and such that failed. */
  readonly detected: number;
  readonly failed: number;
  /** Frames that came to it after another worker had had them. */
  readonly redelivered: number;
  /** Frames that nobody waited for any more when more of their bytes were asked for. */
  readonly over: number;
  /** Frames that went back: a part did not come, or we were leaving. */
  readonly givenBack: number;
  /** Messages that were no tasks for this model. */
  readonly refused: number;
  readonly parts: number;
  /** Frames in its hands. */
  readonly busy: number;
  readonly connections: number;
  readonly isConnected: boolean;
}

/** A worker that serves the queue until it is disposed: then it takes nothing more, finishes, and leaves. */
export interface QueueWorker extends AsyncDisposable {
  figures(): WorkerFigures;
  /** Settles with E_POOL_STUCK when runs hang that can't be ended. */
  readonly stuck: Promise<PipelineError>;
}

const ANNOUNCE_MS = 1000;
/** The broker takes no shorter questions, ms. It bounds how long leaving takes. */
const PULL_MS = 1000;
/** Wait after a question that failed, ms. */
const PULL_AGAIN_MS = 250;
const PART_TIMEOUT_MS = 2000;
/** Frames that are fetched for each thread: one is run, the next one is there when it ends. */
const HANDS = 2;
/** A frame says that it is being worked on so often in the time in which it has to. */
const SIGNS_OF_LIFE = 3;
const STREAM = 0;

/**
 * Loads the model and serves the broker's queues. Settles once the model is warm and the broker was tried.
 * @throws PipelineError E_MODEL_*, E_RUNTIME_*, E_POOL_START, E_QUEUE_AUTH, E_QUEUE_TLS, E_QUEUE_JETSTREAM, E_QUEUE_FULL, E_CONFIG
 */
export async function openQueueWorker(options: WorkerOptions, world: { clock: Clock; random: () => number; tell: Tell }): Promise<QueueWorker> {
  const tell = ({ level, message }: PoolNotice): void => world.tell(level, message);
  const pool = await openPool({ ...options, mode: "threads", depth: HANDS, tell }, world.clock);
  const worker = new Worker(options, pool, world.clock);
  try {
    const hooks = { up: worker.up.bind(worker), down: () => worker.down(), tell: world.tell };
    worker.link = await openLink(options.queue, hooks, { ...world, name: `sightline worker ${options.name}` });
    return worker;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
}

class Worker implements QueueWorker {
  link: Link | undefined;
  readonly #ring: FrameRing;
  readonly #traits;
  readonly #key;
  readonly #inHand = new Set<QueuedMessage>();
  readonly #counted = { detected: 0, failed: 0, redelivered: 0, over: 0, givenBack: 0, refused: 0, parts: 0 };
  readonly #timers: readonly Disposable[];
  #serving: Promise<unknown> = Promise.resolve();
  #broker: Broker | undefined;
  #isLeaving = false;
  #leaving: Promise<void> | undefined;

  constructor(readonly options: WorkerOptions, readonly pool: InferencePool, readonly clock: Clock) {
    const { model, workers, queue } = options;
    this.#traits = traitsOf(model);
    this.#key = modelKey(this.#traits);
    // What a hand holds, and what late runs may still read.
    const slots = workers * HANDS * (KINDS.length + 1);
    this.#ring = createRing({ slots, slotBytes: 3 * model.inputWidthPx * model.inputHeightPx });
    pool.join(STREAM, { weight: 1, newestFirst: false });
    this.#timers = [
      clock.every(ANNOUNCE_MS, () => this.#announce()),
      clock.every(queue.ackWaitMs / SIGNS_OF_LIFE, () => this.#inHand.forEach((message) => message.working())),
    ];
  }

  get stuck(): Promise<PipelineError> {
    return this.pool.stuck;
  }

  figures(): WorkerFigures {
    return { ...this.#counted, busy: this.#inHand.size, connections: this.link?.connections ?? 0, isConnected: this.#broker !== undefined };
  }

  async up(broker: Broker): Promise<void> {
    await broker.queues.ensure(this.#key, this.options.queue, "keep");
    broker.listen(HELLO_SUBJECT, () => this.#announce());
    this.#broker = broker;
    this.#announce();
    const hands = KINDS.flatMap((kind) => Array.from({ length: this.options.workers * HANDS }, () => this.#serve(kind, broker)));
    this.#serving = Promise.all([this.#serving, ...hands]);
  }

  down(): void {
    this.#broker = undefined;
    // They are the broker's again: it hands them out anew, and an answer from here would be a second one.
    this.#inHand.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return (this.#leaving ??= this.#leave());
  }

  async #leave(): Promise<void> {
    this.#isLeaving = true;
    this.#announce();
    await this.#serving;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    await this.link?.[Symbol.asyncDispose]();
    await this.pool[Symbol.asyncDispose]();
  }

  #announce(): void {
    const { name: worker, host, version, model, workers: instances } = this.options;
    const { runtime, device, precision } = this.pool.live;
    this.#broker?.send(WORKERS_SUBJECT, encodeAnnouncement({ v: 1, worker, host, version, modelId: model.id, model: this.#traits, runtime, device, precision, instances, busy: this.#inHand.size, isLeaving: this.#isLeaving }));
  }

  /** One hand: takes a frame, works on it, takes the next. */
  async #serve(kind: QueueKind, broker: Broker): Promise<void> {
    while (broker.isOpen && !this.#isLeaving) {
      const message = await broker.queues.pull(kind, this.#key, PULL_MS).catch(() => this.#pullFailed(broker));
      if (message === null) continue;
      if (this.#isLeaving) this.#giveBack(message);
      else await this.#take(message, broker);
    }
  }

  /** The broker was restarted under us, or somebody has removed its queues. */
  async #pullFailed(broker: Broker): Promise<null> {
    if (!broker.isOpen || this.#isLeaving) return null;
    await broker.queues.mend(this.#key, this.options.queue, "keep");
    await pause(PULL_AGAIN_MS, this.clock);
    return null;
  }

  async #take(message: QueuedMessage, broker: Broker): Promise<void> {
    this.#inHand.add(message);
    if (message.deliveries > 1) this.#counted.redelivered += 1;
    try {
      await this.#work(message, broker);
    } finally {
      this.#inHand.delete(message);
    }
  }

  async #work(message: QueuedMessage, broker: Broker): Promise<void> {
    const task = this.#read(message);
    const lease = task && this.#ring.lease();
    if (task === undefined) return message.refuse();
    if (lease === undefined) return this.#giveBack(message);
    const arrived = await this.#receive(task, lease, broker);
    if (arrived !== "whole") {
      lease[Symbol.dispose]();
      return arrived === "over" ? this.#over(message) : this.#giveBack(message);
    }
    const answer = await this.#run(task, lease);
    // It hangs: nothing is known of this frame, and another worker may get it.
    if (answer instanceof PipelineError) return;
    this.#answer(task, message, answer, broker);
  }

  #read(message: QueuedMessage): ArrivedTask | undefined {
    try {
      return decodeTask(message.data, this.#traits);
    } catch (thrown) {
      if (!(thrown instanceof PipelineError)) throw thrown;
      this.#counted.refused += 1;
      return undefined;
    }
  }

  /** Brings a frame's pixels into the slot. over = nobody waits for it any more; lost = a part did not come. */
  async #receive(task: ArrivedTask, { pixels }: SlotLease, broker: Broker): Promise<"whole" | "over" | "lost"> {
    const frame = task.encoding === "raw" ? pixels.subarray(0, task.totalBytes) : new Uint8Array(task.totalBytes);
    frame.set(task.first);
    const missing = missingRanges(task.first.length, task.totalBytes, mostPartBytes(broker.maxPayloadBytes));
    try {
      for (const { from, bytes } of missing) {
        const asked = { task: task.task, from, bytes };
        const part = decodePart(await broker.ask(task.partsFrom, encodePartRequest(asked), PART_TIMEOUT_MS), asked, task.totalBytes);
        if (part === undefined) return "over";
        frame.set(part, from);
        this.#counted.parts += 1;
      }
      if (task.encoding === "jpeg") await planesOf(frame, task.letterbox.inputWidthPx, task.rows.heightPx, pixels);
      return "whole";
    } catch (thrown) {
      if (thrown instanceof PipelineError) return "lost";
      throw thrown;
    }
  }

  async #run({ letterbox, rows, limits }: ArrivedTask, lease: SlotLease): Promise<Exclude<PoolAnswer, "late">> {
    const { memory, layout } = this.#ring;
    await this.pool.permit(STREAM);
    const { slot, generation } = lease;
    const answer = await this.pool.run({ ringId: STREAM, memory, layout, slot, generation, letterbox, rows, limits }, () => lease[Symbol.dispose]());
    if (answer !== "late") return answer;
    return { ok: false, error: new PipelineError("E_FRAME_LATE", `the model run took longer than inference.frameTimeoutMs of the worker ${this.options.name}`).toWire() };
  }

  /** The answer goes before the acknowledgement: when the connection ends between them, there are two answers, never none. */
  #answer({ task, answersTo }: ArrivedTask, message: QueuedMessage, answer: Exclude<PoolAnswer, "late" | PipelineError>, broker: Broker): void {
    if (!broker.isOpen) return;
    const { deliveries } = message;
    const bytes = encodeAnswer({ task, deliveries, answer });
    const error = new PipelineError("E_QUEUE_MESSAGE", `the answer has ${bytes.length} bytes, the broker takes ${broker.maxPayloadBytes}`).toWire();
    broker.send(answersTo, bytes.length <= broker.maxPayloadBytes ? bytes : encodeAnswer({ task, deliveries, answer: { ok: false, error } }));
    message.done();
    this.#counted[answer.ok ? "detected" : "failed"] += 1;
  }

  #over(message: QueuedMessage): void {
    this.#counted.over += 1;
    message.done();
  }

  #giveBack(message: QueuedMessage): void {
    this.#counted.givenBack += 1;
    message.giveBack();
  }
}
