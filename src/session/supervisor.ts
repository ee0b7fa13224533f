import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import type { StreamStats } from "../core/stats.js";
import type { StreamState } from "../core/stream-state.js";
import { published, stateRecord } from "../wire/index.js";
import type { Numbers } from "./continued.js";
import { changeOf, type StreamSpec } from "./specs.js";
import { startStream, streamLife, type RunningStream, type Shared, type StreamLife, type StreamLook } from "./stream.js";

/** Streams that are gone and whose last figures, and numbers, are still known; the oldest are forgotten. */
const REMEMBERED = 1000;

/** What the supervisor needs beyond what all streams share. */
export interface SupervisorWorld extends Shared {
  /** When the session began, monotonic ms. */
  readonly startedMs: number;
  /** Frames of streams that come before this has settled wait: nothing is recorded of a session that does not open. */
  readonly door: Promise<void>;
  /** Numbers that streams had before this session, by name. */
  readonly numbers: ReadonlyMap<string, Numbers>;
  /** A stream was removed; these are its last figures. */
  readonly onRemoved: (stats: StreamStats) => void;
}

interface Entry {
  spec: StreamSpec;
  life: StreamLife;
  run: RunningStream;
  isOver: boolean;
  /** Its run has ended and it waits to be told to go on. */
  isPaused: boolean;
  /** One operation on a stream after the other. */
  last: Promise<unknown>;
}

/**
 * Keeps the streams of a session apart: each begins, fails, changes and ends by itself, and whatever one does or waits
 * for, no other waits for it.
 */
export class Supervisor implements AsyncDisposable {
  readonly #entries = new Map<string, Entry>();
  readonly #past = new Map<string, StreamStats>();
  readonly #numbers: Map<string, Numbers>;
  readonly #over = deferred();
  #nextId = 0;
  #busy = 0;
  #closed = false;
  #hasBegun = false;
  #staysOpen = false;

  constructor(readonly world: SupervisorWorld) {
    this.#numbers = new Map(world.numbers);
  }

  /** Settles when every stream has ended and nothing is being changed. Nothing begins after that. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  specs(): StreamSpec[] {
    return [...this.#entries.values()].map(({ spec }) => spec);
  }

  /** Figures of the streams that are here. */
  stats(): StreamStats[] {
    return [...this.#entries.values()].map(({ life }) => life.meter.stats());
  }

  /** A stream's spec and figures; undefined when there is none of that name. */
  look(name: string): StreamLook | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { spec, life, run } = entry;
    return { spec, stats: life.meter.stats(), gateView: run.gateView, reordering: Math.max(0, life.now.waiting() - life.inHouse.count) };
  }

  /** Last figures of those that were removed. */
  past(): StreamStats[] {
    return [...this.#past].flatMap(([name, stats]) => (this.#entries.has(name) ? [] : [stats]));
  }

  /**
   * Begins a stream. `opened` of what is returned rejects when it can't be opened; who does not care need not look.
   * @throws PipelineError E_CONFIG, E_STOPPED
   */
  add(spec: StreamSpec): RunningStream {
    this.#refuseWhenClosed();
    if (this.#entries.has(spec.name)) throw new PipelineError("E_CONFIG", `there is a stream ${spec.name} already`);
    const life = this.#life(spec, () => entry.spec);
    const run = this.#start(spec, life);
    const entry: Entry = { spec, life, run, isOver: false, isPaused: false, last: Promise.resolve() };
    this.#entries.set(spec.name, entry);
    this.#watch(entry);
    return run;
  }

  /** @throws PipelineError E_CONFIG, E_STOPPED */
  async change(spec: StreamSpec): Promise<void> {
    this.#refuseWhenClosed();
    const entry = this.#find(spec.name);
    await this.#inTurn(entry, () => this.#changeNow(entry, spec));
  }

  /** @throws PipelineError E_CONFIG, E_STOPPED */
  async restart(name: string): Promise<void> {
    this.#refuseWhenClosed();
    const entry = this.#find(name);
    await this.#inTurn(entry, () => this.#beginAgain(entry, entry.spec));
  }

  /** @throws PipelineError E_CONFIG, E_STREAM_STATE, E_STOPPED */
  async pause(name: string): Promise<void> {
    this.#refuseWhenClosed();
    const entry = this.#find(name);
    await this.#inTurn(entry, () => this.#pauseNow(entry));
  }

  /** @throws PipelineError E_CONFIG, E_STOPPED */
  async resume(name: string): Promise<void> {
    this.#refuseWhenClosed();
    const entry = this.#find(name);
    await this.#inTurn(entry, async () => {
      if (entry.isPaused) await this.#beginAgain(entry, entry.spec);
    });
  }

  /** @throws PipelineError E_CONFIG */
  async remove(name: string): Promise<void> {
    const entry = this.#find(name);
    await this.#inTurn(entry, async () => {
      entry.run.stop();
      await entry.run.done;
      if (this.#entries.get(name) !== entry) return;
      this.#entries.delete(name);
      this.#unpause(entry);
      const stats = entry.life.meter.stats();
      this.#past.set(name, stats);
      if (this.#past.size > REMEMBERED) this.#past.delete([...this.#past.keys()][0] ?? "");
      this.world.onRemoved(stats);
    });
  }

  /** Keeps the session from being over while several things are changed. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      using _pools = this.world.pools.keep();
      return await work();
    } finally {
      this.#busy -= 1;
      this.#settle();
    }
  }

  /** Ends all streams; none begins any more. With an error they end as failed. */
  stop(error?: PipelineError): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) {
      entry.run.stop(error);
      this.#unpause(entry);
    }
    this.#settle();
  }

  /** Says that all streams of the beginning were added: from now on the session is over when all have ended. */
  begun(): void {
    this.#hasBegun = true;
    this.#settle();
  }

  /** From now on it is over only when it is told to stop, though every stream may have ended: others may come. */
  stayOpen(): void {
    this.#staysOpen = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await Promise.all([...this.#entries.values()].flatMap(({ run, last }) => [run.done, last]));
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new PipelineError("E_STOPPED", "the session is over: no stream begins any more");
  }

  #find(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new PipelineError("E_CONFIG", `there is no stream ${name}`);
    return entry;
  }

  #inTurn(entry: Entry, work: () => Promise<void>): Promise<void> {
    const turn = entry.last.then(() => this.during(work));
    entry.last = turn.catch(() => undefined);
    return turn;
  }

  async #changeNow(entry: Entry, spec: StreamSpec): Promise<void> {
    const change = changeOf(entry.spec, spec);
    // It will go on with the new words.
    if (entry.isPaused) return void (entry.spec = spec);
    const hasFailed = entry.isOver && entry.life.meter.stats().state === "failed";
    if (change === "none" && !hasFailed) return;
    if (change === "adjust" && !hasFailed) {
      entry.run.adjust(spec);
      entry.spec = spec;
      return;
    }
    await this.#beginAgain(entry, spec);
  }

  async #beginAgain(entry: Entry, spec: StreamSpec): Promise<void> {
    const wasPaused = entry.isPaused;
    entry.run.stop(undefined, true);
    await entry.run.done;
    if (this.#closed) return wasPaused ? undefined : entry.run.conclude();
    entry.spec = spec;
    entry.isPaused = false;
    // The figures of a stream go on, unless it had ended: then its time is over, and it begins a new one.
    const isOver = ["ended", "failed"].includes(entry.life.meter.stats().state);
    if (isOver) entry.life = this.#life(spec, () => entry.spec);
    entry.isOver = false;
    if (wasPaused) this.#tell(entry, "connecting");
    entry.life.now.owesLive = wasPaused;
    entry.run = this.#start(spec, entry.life);
    this.#watch(entry);
  }

  async #pauseNow(entry: Entry): Promise<void> {
    if (entry.isPaused) return;
    const isOver = (): boolean => ["ended", "failed"].includes(entry.life.meter.stats().state);
    if (isOver()) throw new PipelineError("E_STREAM_STATE", `${entry.spec.name} is over (${entry.life.meter.stats().state}): there is nothing to pause`);
    entry.run.stop(undefined, true);
    await entry.run.done;
    if (this.#closed) return entry.life.meter.setState("ended");
    // It failed while it was being stopped.
    if (isOver()) return;
    entry.isPaused = true;
    entry.isOver = false;
    this.#tell(entry, "paused");
  }

  /** A paused stream has no run that could say that it is over. */
  #unpause(entry: Entry): void {
    if (!entry.isPaused) return;
    entry.isPaused = false;
    entry.isOver = true;
    this.#tell(entry, "ended");
  }

  #tell({ spec, life }: Entry, state: StreamState): void {
    life.meter.setState(state);
    const { sinks, gateway, clock } = this.world;
    const once = published(stateRecord(spec.name, { state, epoch: Math.max(1, life.numbers.epochs) }, clock.wallMs()));
    sinks.write(once);
    gateway?.publish(once);
  }

  #start(spec: StreamSpec, life: StreamLife): RunningStream {
    return startStream(this.#nextId++, spec, life, this.world.door, this.world);
  }

  #life({ name }: StreamSpec, spec: () => StreamSpec): StreamLife {
    const { clock, startedMs } = this.world;
    return streamLife(name, () => spec().labels, this.#numbersOf(name), clock, this.#hasBegun ? clock.monotonicMs() : startedMs);
  }

  /** A name that comes again goes on with the numbers it had. */
  #numbersOf(name: string): Numbers {
    let numbers = this.#numbers.get(name);
    if (numbers === undefined) this.#numbers.set(name, (numbers = { frames: 0, epochs: 0 }));
    if (this.#numbers.size > REMEMBERED) {
      const forgotten = [...this.#numbers.keys()].find((one) => one !== name && !this.#entries.has(one));
      if (forgotten !== undefined) this.#numbers.delete(forgotten);
    }
    return numbers;
  }

  #watch(entry: Entry): void {
    const { run } = entry;
    void run.done.then(() => {
      if (entry.run !== run) return;
      entry.isOver = true;
      this.#tellFailure(entry);
      this.#settle();
    });
  }

  /** What ends the whole session is told by who ends it. */
  #tellFailure({ spec, life }: Entry): void {
    const { state, error } = life.meter.stats();
    if (state !== "failed" || error === null || spec.atDoor || this.#closed) return;
    this.world.notice({ level: "error", code: error.code, stream: spec.name, labels: spec.labels, message: error.message });
  }

  #settle(): void {
    if (!this.#hasBegun || this.#busy > 0 || (this.#staysOpen && !this.#closed) || ![...this.#entries.values()].every(({ isOver }) => isOver)) return;
    this.#closed = true;
    this.#over.resolve();
  }
}
