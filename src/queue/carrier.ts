import { pause, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import type { QueueFigures } from "../core/queue-figures.js";
import type { ModelInfo } from "../model/index.js";
import type { Carrier, Hands, LiveDevices, PoolAnswer, Seat, WorkerTask } from "../pool/index.js";
import { ringViews } from "../ring/index.js";
import { decodeAnnouncement } from "./announcement.js";
import { decodeAnswer } from "./answer.js";
import { displayOf } from "./broker-options.js";
import type { Broker, BrokerMessage } from "./connection.js";
import { makeCrew } from "./crew.js";
import { jpegOf } from "./jpeg.js";
import type { Link } from "./link.js";
import type { QueueOptions } from "./options.js";
import { decodePartRequest, encodePart, mostPartBytes } from "./parts.js";
import { answersSubject, HELLO_SUBJECT, modelKey, partsSubject, WORKERS_SUBJECT, workSubject, type QueueKind } from "./subjects.js";
import { encodeTask, type QueueTask } from "./task.js";

/** What a carrier is made of. */
export interface CarrierParts {
  readonly queue: QueueOptions;
  readonly model: ModelInfo;
  /** A frame whose answer has not come by then ends as late, ms. For a file's frame only time counts in which it could come. */
  readonly frameTimeoutMs: number;
  /** 32 hex digits that nobody can guess. */
  readonly session: string;
  readonly clock: Clock;
  readonly tell: (level: "info" | "warn", message: string) => void;
}

/** How often deadlines and workers are looked at, ms. */
const CHECK_MS = 50;
/** The broker answers within milliseconds; one that has not by then has lost the frame or the way to us, ms. */
const PUT_TIMEOUT_MS = 5000;
/** How long a frame waits before it is offered again to a broker that had no room, ms. */
const FULL_WAIT_MS = 100;
/** While no stream is live a worker gets a second frame for each instance, so that it never waits for the network. */
const DEPTH = 2;

interface Flight {
  readonly kind: QueueKind;
  readonly stream: number;
  readonly subject: string;
  readonly task: Omit<QueueTask, "totalBytes">;
  /** The frame's bytes: in the slot, which is leased until the end, or a JPEG. */
  frame: Uint8Array;
  readonly end: (answer: PoolAnswer) => void;
  /** Time in which an answer could have come, ms. */
  waitedMs: number;
}

/** The session's side of the queue: sends frames, hears answers, knows who works. */
export class QueueCarrier implements Carrier {
  readonly stuck = new Promise<PipelineError>(() => undefined);
  /** What calls `up` and `down`; closed with the carrier. */
  link: Link | undefined;
  readonly #flights = new Map<number, Flight>();
  readonly #rings = ringViews();
  readonly #live = new Set<number>();
  readonly #finishing = new Set<number>();
  readonly #crew;
  readonly #key;
  readonly #counted = { published: 0, republished: 0, redelivered: 0, unasked: 0, expired: 0, parts: 0, refused: 0, fullWaits: 0, connections: 0 };
  readonly #timer;
  #broker: Broker | undefined;
  #changed: () => void = () => undefined;
  #drained: () => void = () => undefined;
  #isClosing = false;
  #nextTask = 0;
  #checkedMs: number;

  constructor(readonly parts: CarrierParts) {
    const { model, queue, clock, tell } = parts;
    this.#crew = makeCrew({ model, url: displayOf(queue.url), clock, tell });
    this.#key = modelKey(this.#crew.model);
    this.#checkedMs = clock.monotonicMs();
    this.#timer = clock.every(CHECK_MS, () => this.#check());
  }

  get workers(): number {
    return this.#broker === undefined ? 0 : this.#crew.instances;
  }

  get live(): readonly LiveDevices[] {
    return this.#crew.live.map(({ runtime, device, precision }) => ({ runtime, device, precision, left: [] }));
  }

  capacity(newestFirst: boolean): number {
    return Math.min(this.parts.queue.mostInFlight, this.workers * (newestFirst ? 1 : DEPTH));
  }

  onCapacity(changed: () => void): void {
    this.#changed = changed;
  }

  figures(): QueueFigures {
    return { ...this.#counted, workers: this.#broker === undefined ? 0 : this.#crew.workers };
  }

  joined(stream: number, { newestFirst }: Seat): void {
    if (newestFirst) this.#live.add(stream);
  }

  finishing(stream: number): void {
    this.#finishing.add(stream);
  }

  left(stream: number): void {
    this.#live.delete(stream);
    this.#finishing.delete(stream);
    this.#rings.forget(stream);
  }

  carry(task: WorkerTask, hands: Hands): Promise<PoolAnswer> {
    const { ringId: stream, slot, rows, letterbox, limits } = task;
    const { session, queue } = this.parts;
    const id = this.#nextTask++;
    const kind: QueueKind = this.#live.has(stream) ? "live" : "files";
    return new Promise((resolve) => {
      const flight: Flight = {
        kind, stream, waitedMs: 0,
        subject: workSubject(kind, this.#key, session, stream, slot),
        task: { session, task: id, encoding: queue.frames, letterbox, rows, limits },
        frame: this.#pixels(task),
        end: (answer) => {
          if (!this.#flights.delete(id)) return;
          if (this.#flights.size === 0) this.#drained();
          hands.slotRead();
          hands.home();
          resolve(answer);
        },
      };
      this.#flights.set(id, flight);
      void this.#depart(flight).catch((bug: unknown) => flight.end(new PipelineError("E_INTERNAL", String(bug), { cause: bug })));
    });
  }

  /** A connection is there: from here on frames are sent and answers heard. */
  async up(broker: Broker): Promise<void> {
    const { session, queue } = this.parts;
    await broker.queues.ensure(this.#key, queue, "change");
    broker.listen(answersSubject(session), ({ data }) => this.#whole(() => this.#answered(data)));
    broker.listen(partsSubject(session), (message) => this.#whole(() => this.#asked(message, broker)));
    broker.listen(WORKERS_SUBJECT, ({ data }) => this.#whole(() => this.#crewWork(() => this.#crew.hear(decodeAnnouncement(data)))));
    broker.send(HELLO_SUBJECT, new Uint8Array(0));
    this.#crew.excuse();
    this.#broker = broker;
    this.#counted.connections += 1;
    // An answer may have been sent while nobody listened, and a broker that was restarted knows of nothing.
    for (const flight of this.#flights.values()) {
      if (flight.kind === "live") continue;
      flight.waitedMs = 0;
      this.#counted.republished += 1;
      void this.#send(flight, broker);
    }
    this.#changed();
  }

  /** The connection is over. */
  down(): void {
    this.#broker = undefined;
    this.#changed();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    if (this.#flights.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#timer[Symbol.dispose]();
    await this.#broker?.queues.purge(this.#key, this.parts.session).catch(() => undefined);
    await this.link?.[Symbol.asyncDispose]();
  }

  #pixels(task: WorkerTask): Uint8Array {
    return this.#rings.of(task).pixels(task.slot).subarray(0, 3 * task.rows.heightPx * task.letterbox.inputWidthPx);
  }

  async #depart(flight: Flight): Promise<void> {
    const { queue } = this.parts;
    const { rows, letterbox } = flight.task;
    if (queue.frames === "jpeg") flight.frame = await jpegOf(flight.frame, letterbox.inputWidthPx, rows.heightPx, queue.jpegQuality);
    if (this.#broker) await this.#send(flight, this.#broker);
  }

  /** Offers a frame until the broker has it, the frame is over, or the connection is. */
  async #send(flight: Flight, broker: Broker): Promise<void> {
    while (this.#flights.get(flight.task.task) === flight && this.#broker === broker && broker.isOpen) {
      const message = encodeTask({ ...flight.task, totalBytes: flight.frame.length }, flight.frame, broker.maxPayloadBytes);
      switch (await broker.queues.put(flight.subject, message, PUT_TIMEOUT_MS)) {
        case "stored":
          this.#counted.published += 1;
          return;
        case "missing":
          await broker.queues.mend(this.#key, this.parts.queue, "change");
          break;
        case "full":
          this.#counted.fullWaits += 1;
          break;
        case "unknown":
          // It may be there all the same: then the second one takes its place.
          break;
      }
      await pause(FULL_WAIT_MS, this.parts.clock);
    }
  }

  /** What comes from the network is counted when it is not ours, and changes nothing. */
  #whole(take: () => void): void {
    try {
      take();
    } catch (thrown) {
      if (!(thrown instanceof PipelineError) || thrown.code !== "E_QUEUE_MESSAGE") throw thrown;
      this.#counted.refused += 1;
    }
  }

  #answered(data: Uint8Array): void {
    const { task, deliveries, answer } = decodeAnswer(data, this.#crew.model.classes);
    const flight = this.#flights.get(task);
    this.#counted.redelivered += deliveries - 1;
    if (flight === undefined) this.#counted.unasked += 1;
    else flight.end(answer);
  }

  #asked(message: BrokerMessage, broker: Broker): void {
    const request = decodePartRequest(message.data);
    const bytes = Math.min(request.bytes, mostPartBytes(broker.maxPayloadBytes));
    this.#counted.parts += 1;
    message.respond(encodePart({ ...request, bytes }, this.#flights.get(request.task)?.frame));
  }

  /** What the crew learns may change how much can be out. */
  #crewWork(work: () => void): void {
    const before = this.workers;
    work();
    if (this.workers !== before) this.#changed();
  }

  #check(): void {
    const nowMs = this.parts.clock.monotonicMs();
    const passedMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (this.#broker !== undefined) this.#crewWork(() => this.#crew.look());
    const standsStill = this.workers === 0;
    for (const flight of this.#flights.values()) {
      if (flight.kind === "files" && standsStill) {
        if (this.#isClosing || this.#finishing.has(flight.stream)) flight.end(stopped());
        continue;
      }
      flight.waitedMs += passedMs;
      if (flight.waitedMs < this.#patienceMs(flight)) continue;
      this.#counted.expired += 1;
      flight.end("late");
    }
  }

  #patienceMs({ kind }: Flight): number {
    const { frameTimeoutMs, queue } = this.parts;
    return kind === "live" ? Math.min(frameTimeoutMs, queue.liveMaxAgeMs) : frameTimeoutMs;
  }
}

function stopped(): PipelineError {
  return new PipelineError("E_STOPPED", "stopped while no worker could be reached");
}
