import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";
import type { QueueFigures } from "../core/queue-figures.js";
import type { ModelInfo } from "../model/index.js";
import { numberedModel } from "../numbered/index.js";
import { loadModelInfo, NONE_REPLACED, type InferencePool } from "../pool/index.js";
import { mostOut, openInstances, plannedInstances } from "./instances.js";
import type { Notice, SessionOptions } from "./session.js";
import type { StreamSpec } from "./specs.js";
import { splitWorkers } from "./split.js";

/** A stream's hold on its model. Disposing lets go of it; the pool closes when nobody holds it. */
export interface ModelUse extends Disposable {
  readonly info: ModelInfo;
  /** Settles when every thread has the model. */
  readonly pool: Promise<InferencePool>;
  /** Most tasks that can be out at once. */
  capacity(newestFirst: boolean): number;
}

/** The pools of a session, one for each model file with its labels, whatever the streams filter. */
export interface ModelPools extends AsyncDisposable {
  /** Decides how many threads each model gets that is opened from now on; pools that are open keep theirs. */
  plan(specs: readonly StreamSpec[]): void;
  /** Reads what the model file says. @throws PipelineError E_MODEL_*, E_LABELS */
  look(spec: StreamSpec): Promise<ModelInfo>;
  /** Opens the model's pool unless it is open. @throws as `look` */
  take(spec: StreamSpec): Promise<ModelUse>;
  /** Keeps pools that nobody holds from closing until it is disposed: the next stream may want them. */
  keep(): Disposable;
  /** All that have been opened. */
  models(): readonly ModelInfo[];
  /** The pools that are open or being opened. */
  figures(): readonly PoolFigures[];
  /** Whether the stream's model is loaded everywhere and was run once. */
  isWarm(spec: StreamSpec): boolean;
  /** Model runs that are out, those of pools that are being closed included. */
  runsOut(): number;
  /** Threads of the open pools; once the last has closed, those that there were. */
  workers(): number;
}

/** One pool at this moment. */
export interface PoolFigures {
  readonly info: ModelInfo;
  readonly workers: number;
  /** Whether every thread has its model and has run it once. */
  readonly isWarm: boolean;
  /** Tasks that are out, and how many could be. */
  readonly busy: number;
  readonly capacity: number;
  /** What runs the model; null until it is loaded. */
  readonly runtime: string | null;
  readonly device: string | null;
  readonly precision: string | null;
  /** Workers that were lost and replaced so far, by cause. */
  readonly replaced: InferencePool["replaced"];
  /** Mode queue: what it has counted. */
  readonly queue?: QueueFigures;
}

interface Entry {
  readonly key: string;
  readonly info: Promise<ModelInfo>;
  pool: Promise<InferencePool> | undefined;
  model: ModelInfo | undefined;
  /** The pool, once it is open. */
  open: InferencePool | undefined;
  /** Mode queue: what it has counted. */
  queue: (() => QueueFigures) | undefined;
  /** Threads or processes of ours; 0 in mode queue. */
  workers: number;
  holders: number;
}

/** What the pools need. */
export interface PoolWorld {
  readonly limits: SessionOptions["inference"];
  /** All threads there are to divide. */
  readonly workers: number;
  readonly clock: Clock;
  readonly notice: (notice: Notice) => void;
  /** A pool hangs for good, is at fault, or has no worker left: the run has to end. */
  readonly onStuck: (error: PipelineError) => void;
}

/** Makes the session's pools; none is open yet. */
export function modelPools(world: PoolWorld): ModelPools {
  return new Pools(world);
}

class Pools implements ModelPools {
  readonly #entries = new Map<string, Entry>();
  readonly #opened = new Map<string, ModelInfo>();
  readonly #closing = new Set<Promise<unknown>>();
  readonly #alive = new Set<InferencePool>();
  #planned: ReadonlyMap<string, number> = new Map();
  #keepers = 0;
  #lastWorkers = 0;
  #numberedFolder: Promise<string> | undefined;
  #removal: Disposable | undefined;

  constructor(readonly world: PoolWorld) {}

  plan(specs: readonly StreamSpec[]): void {
    const weights = new Map<string, number>();
    for (const spec of specs) weights.set(keyOf(spec), (weights.get(keyOf(spec)) ?? 0) + spec.weight);
    const split = splitWorkers(this.world.workers, [...weights.values()]);
    this.#planned = new Map([...weights.keys()].map((key, i) => [key, split[i] ?? 1]));
  }

  look(spec: StreamSpec): Promise<ModelInfo> {
    return this.#entry(spec).info;
  }

  async take(spec: StreamSpec): Promise<ModelUse> {
    const entry = this.#entry(spec);
    entry.holders += 1;
    let held = true;
    const letGo = (): void => {
      if (held) entry.holders -= 1;
      held = false;
      this.#sweep();
    };
    try {
      const info = await entry.info;
      const pool = (entry.pool ??= this.#open(entry, info));
      return { info, pool, capacity: (newestFirst) => mostOut(this.world.limits, entry.workers, newestFirst), [Symbol.dispose]: letGo };
    } catch (error) {
      letGo();
      throw error;
    }
  }

  keep(): Disposable {
    this.#keepers += 1;
    return {
      [Symbol.dispose]: () => {
        this.#keepers -= 1;
        this.#sweep();
      },
    };
  }

  models(): readonly ModelInfo[] {
    return [...this.#opened.values()];
  }

  figures(): readonly PoolFigures[] {
    return [...this.#entries.values()].flatMap(({ model, open, queue, workers: planned }) => {
      const workers = open?.workers ?? plannedInstances(this.world.limits, planned);
      const counted = queue && { queue: queue() };
      return model === undefined ? [] : [{ info: model, workers, isWarm: open !== undefined, runtime: open?.live.runtime ?? null, device: open?.live.device ?? null, precision: open?.live.precision ?? null, busy: open?.busy ?? 0, capacity: open?.capacity ?? workers, replaced: open?.replaced ?? NONE_REPLACED, ...counted }];
    });
  }

  isWarm(spec: StreamSpec): boolean {
    return this.#entries.get(keyOf(spec))?.open !== undefined;
  }

  runsOut(): number {
    return [...this.#alive].reduce((sum, { busy }) => sum + busy, 0);
  }

  workers(): number {
    return this.#openWorkers() || this.#lastWorkers;
  }

  #openWorkers(): number {
    return [...this.#entries.values()].reduce((sum, { pool, open, queue, workers }) => sum + (pool === undefined ? 0 : queue ? (open?.workers ?? 0) : workers), 0);
  }

  #entry(spec: StreamSpec): Entry {
    const key = keyOf(spec);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { key, info: this.#read(spec), pool: undefined, model: undefined, open: undefined, queue: undefined, workers: 0, holders: 0 };
      this.#entries.set(key, entry);
      // Whoever comes next tries again: the file may be there by then.
      const mine = entry;
      mine.info.catch(() => this.#drop(mine));
    }
    return entry;
  }

  async #read(spec: StreamSpec): Promise<ModelInfo> {
    const path = isNumbered(spec) ? await this.#numberedPath() : spec.model.path;
    const { info, notices } = await loadModelInfo(path, isNumbered(spec) ? { labels: spec.model.labels } : spec.model);
    for (const message of notices) this.world.notice({ level: "info", message });
    return info;
  }

  /** Numbered frames are read by their own model: any other would see nothing in them. It is made where it is needed. */
  async #numberedPath(): Promise<string> {
    this.#numberedFolder ??= mkdtemp(join(tmpdir(), "sightline-"));
    const folder = await this.#numberedFolder;
    this.#removal ??= lastDuty(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "numbered.onnx");
    await writeFile(path, numberedModel());
    return path;
  }

  #open(entry: Entry, model: ModelInfo): Promise<InferencePool> {
    const { limits, clock, notice, onStuck } = this.world;
    const others = this.#openWorkers();
    entry.workers = limits.mode === "queue" ? 0 : (this.#planned.get(entry.key) ?? 1);
    this.#lastWorkers = others + entry.workers;
    if (others + entry.workers > this.world.workers) {
      notice({ level: "info", message: `${model.id} gets ${entry.workers} of its own beside ${others} open model threads, more than inference.workers ${this.world.workers}: open pools keep their threads` });
    }
    const opening = openInstances(limits, { model, workers: entry.workers }, clock, notice);
    this.#opened.set(entry.key, model);
    entry.model = model;
    opening.then(
      ({ pool, queue }) => {
        entry.open = pool;
        this.#alive.add(pool);
        entry.queue = queue;
        void pool.stuck.then(onStuck);
      },
      () => this.#drop(entry),
    );
    return opening.then(({ pool }) => pool);
  }

  #drop(entry: Entry): void {
    if (this.#entries.get(entry.key) === entry) this.#entries.delete(entry.key);
  }

  #sweep(): void {
    if (this.#keepers > 0) return;
    for (const entry of this.#entries.values()) if (entry.holders === 0 && entry.pool !== undefined) this.#close(entry);
  }

  #close({ key, pool, open, queue }: Entry): void {
    if (queue) this.#lastWorkers = open?.workers ?? 0;
    this.#entries.delete(key);
    const closing = Promise.resolve(pool)
      .then((one) => one && this.#dispose(one))
      // A pool that did not open has nothing to close; one that is stuck has told so, and ends with the process.
      .catch(() => undefined)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** A stuck one is never over: its runs stay out. */
  async #dispose(pool: InferencePool): Promise<void> {
    await pool[Symbol.asyncDispose]();
    this.#alive.delete(pool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#entries.values()];
    this.#entries.clear();
    const results = await Promise.allSettled([
      ...open.map(async ({ pool }) => {
        const one = await pool?.catch(() => undefined);
        if (one) await this.#dispose(one);
      }),
      ...this.#closing,
    ]);
    if (this.#numberedFolder) await rm(await this.#numberedFolder, { recursive: true, force: true });
    this.#removal?.[Symbol.dispose]();
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  }
}

function isNumbered({ source }: StreamSpec): boolean {
  return source.startsWith("test:numbered");
}

function keyOf(spec: StreamSpec): string {
  const { path, labels, family = null, task = null, imgsz = null } = spec.model;
  return JSON.stringify(isNumbered(spec) ? [labels] : [path, labels, family, task, imgsz]);
}
