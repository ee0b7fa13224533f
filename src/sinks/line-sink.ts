import { pause, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred, type Deferred } from "../core/lifetime.js";
import { gapTally, toLine, type Published } from "../wire/index.js";
import { addLine, dropLines, groupWritten, lineStore, nowSafe, takeGroup, unsafeGone, type LineStore } from "./line-store.js";
import type { Sink } from "./sink.js";
import { outputError, TargetFailure, type WriteTarget } from "./target.js";

/** How much a line sink holds and how long. */
export interface LineSinkLimits {
  /** As soon as so many bytes wait they are written. */
  readonly groupBytes: number;
  /** A line waits at most this long for others. */
  readonly groupMs: number;
  /** From here on `write()` returns false. */
  readonly softBytes: number;
  /** A line that would go beyond this is refused and counted. */
  readonly hardBytes: number;
  /** After a write it takes at most this long until what was written survives a power cut. */
  readonly syncMs: number;
  /** How long closing may take to let out what is left. */
  readonly closeMs: number;
}

/** 64 KiB is a pipe's buffer on Linux; 8 MiB are some 10,000 records of ten objects. */
const DEFAULT_LIMITS: LineSinkLimits = {
  groupBytes: 64 * 1024,
  groupMs: 100,
  softBytes: 1024 * 1024,
  hardBytes: 8 * 1024 * 1024,
  syncMs: 1000,
  closeMs: 1000,
};

/** A target that may recover is tried again after the first of these, ms; then ever more seldom, up to the second. */
const RETRY_MS = { first: 100, most: 5000 } as const;
const NEWLINE_BYTES = 1;

/** A sink that can't write, or can again. */
export type SinkHealth =
  | { readonly is: "failing"; readonly error: PipelineError }
  | { readonly is: "well"; readonly forMs: number; readonly lostRecords: number };

/** How a sink whose target may recover lives with trouble. */
export interface Patience {
  /** Whether it is worth waiting, asked at each failure; otherwise that is the end. */
  readonly outlives: () => boolean;
  /** Told once when trouble begins and once when it is over. */
  readonly onHealth: (health: SinkHealth) => void;
}

/**
 * Lines in, grouped writes out, through one write loop. Owns the target and closes it.
 * Buffered bytes, the write in flight included, stay below `hardBytes`; what is refused is announced in the output
 * itself, by a `gap` record before the stream's next line. With `patience` an error is no end: lines wait, up to the bound,
 * and the target is tried again.
 */
export class LineSink implements Sink {
  readonly name: string;
  readonly #target: WriteTarget;
  readonly #clock: Clock;
  readonly #limits: LineSinkLimits;
  readonly #patience: Patience | undefined;
  readonly #gaps = gapTally("sink_slow");
  /** Aborted when waiting makes no sense any more. */
  readonly #hurry = new AbortController();
  readonly #store: LineStore;
  #dropped = 0;
  #groupTimer: Disposable | undefined;
  #syncTimer: Disposable | undefined;
  #syncDue = false;
  #running = false;
  #trouble: { readonly error: PipelineError; readonly sinceMs: number; readonly droppedBefore: number; retryMs: number } | undefined;
  #idle: Deferred<void> | undefined;
  #room: Deferred<void> | undefined;
  #error: PipelineError | undefined;
  #told = false;
  #closing: Promise<void> | undefined;

  constructor(target: WriteTarget, clock: Clock, limits: Partial<LineSinkLimits> = {}, patience?: Patience) {
    this.name = target.name;
    this.#target = target;
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#patience = target.mayRecover ? patience : undefined;
    this.#store = lineStore(this.#patience !== undefined);
  }

  /** Records refused because the buffer was full or the sink had ended. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes taken and not yet written. */
  get bufferedBytes(): number {
    return this.#store.waitingBytes + this.#store.inFlightBytes;
  }

  /** Records written so far, gaps included. */
  get writtenRecords(): number {
    return this.#store.written;
  }

  /** Records that survive a power cut. */
  get syncedRecords(): number {
    return this.#store.synced;
  }

  /** Why nothing can be written now; null when it can. */
  get trouble(): PipelineError | null {
    return this.#trouble?.error ?? this.#error ?? null;
  }

  write({ record, line }: Published): boolean {
    const sizeBytes = Buffer.byteLength(line) + NEWLINE_BYTES;
    if (this.#error || this.#closing || this.bufferedBytes + sizeBytes > this.#limits.hardBytes) {
      this.#dropped += 1;
      if (record.type === "frame") this.#gaps.lose(record, this.#trouble ? "sink_failed" : undefined);
      return false;
    }
    if (record.stream !== undefined) this.#announceGap(record.stream);
    this.#take(line, sizeBytes);
    return this.bufferedBytes < this.#limits.softBytes;
  }

  async ready(): Promise<void> {
    this.#throwIfEnded();
    if (this.#closing) throw new PipelineError("E_STOPPED", `${this.name} is closed`);
    if (this.bufferedBytes < this.#limits.softBytes) return;
    this.#room ??= deferred();
    await this.#room.promise;
    this.#throwIfEnded();
  }

  async flush(): Promise<void> {
    await this.#drained();
    this.#throwIfEnded();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #announceGap(stream: string): void {
    const gap = this.#gaps.take(stream, this.#clock.wallMs());
    if (!gap) return;
    const line = toLine(gap);
    this.#take(line, Buffer.byteLength(line) + NEWLINE_BYTES);
  }

  #take(line: string, sizeBytes: number): void {
    addLine(this.#store, line, sizeBytes);
    if (this.#store.waitingBytes >= this.#limits.groupBytes) this.#run();
    else this.#groupTimer ??= this.#clock.after(this.#limits.groupMs, () => this.#run());
  }

  async #drained(): Promise<void> {
    this.#run();
    if (!this.#running) return;
    this.#idle ??= deferred();
    await this.#idle.promise;
  }

  #run(): void {
    if (this.#running || this.#error) return;
    if (this.#store.waiting.length > 0 || this.#syncDue) void this.#writeLoop();
  }

  /** Works until nothing is due. There is one such loop at a time, so lines never overtake each other. Never rejects. */
  async #writeLoop(): Promise<void> {
    this.#running = true;
    while (!this.#error && (this.#syncDue || this.#store.waiting.length > 0)) {
      try {
        const isSync = this.#syncDue;
        await (isSync ? this.#sync() : this.#writeGroup());
        // A sync may have had nothing to do; as long as lines wait it proves nothing.
        if (!isSync || this.#store.waiting.length === 0) this.#recovered();
      } catch (thrown) {
        await this.#suffer(thrown);
      }
    }
    this.#running = false;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  async #writeGroup(): Promise<void> {
    this.#groupTimer?.[Symbol.dispose]();
    this.#groupTimer = undefined;
    if (this.#target.turn && (await this.#target.turn())) nowSafe(this.#store);
    const taken = takeGroup(this.#store);
    const group = Buffer.from(`${taken.lines.join("\n")}\n`);
    try {
      await this.#target.write(group);
      groupWritten(this.#store, taken, taken.sizeBytes);
    } catch (thrown) {
      const keptBytes = thrown instanceof TargetFailure && typeof thrown.kept === "object" ? thrown.kept.bytes : 0;
      groupWritten(this.#store, taken, keptBytes);
      throw thrown;
    } finally {
      this.#syncSoon();
    }
    this.#tellRoom();
  }

  #syncSoon(): void {
    if (!this.#target.sync) return;
    // What is held until it is safe has its bound too.
    if (this.#store.unsafeBytes >= this.#limits.hardBytes) this.#syncDue = true;
    this.#syncTimer ??= this.#clock.after(this.#limits.syncMs, () => {
      this.#syncDue = true;
      this.#run();
    });
  }

  async #sync(): Promise<void> {
    this.#syncTimer?.[Symbol.dispose]();
    this.#syncTimer = undefined;
    this.#syncDue = false;
    try {
      await this.#target.sync?.();
    } catch (thrown) {
      if (thrown instanceof TargetFailure && thrown.kept === "nothing since the last sync") unsafeGone(this.#store);
      else this.#syncDue = true;
      throw thrown;
    }
    nowSafe(this.#store);
  }

  /** What could not be done is the end, or is tried again after a while. */
  async #suffer(thrown: unknown): Promise<void> {
    const error = outputError(thrown, "write", this.name);
    if (this.#closing || !this.#patience?.outlives()) return this.#end(error);
    if (!this.#trouble) {
      this.#trouble = { error, sinceMs: this.#clock.monotonicMs(), droppedBefore: this.#dropped, retryMs: RETRY_MS.first };
      this.#patience.onHealth({ is: "failing", error });
    }
    await pause(this.#trouble.retryMs, this.#clock, this.#hurry.signal);
    this.#trouble.retryMs = Math.min(RETRY_MS.most, this.#trouble.retryMs * 2);
  }

  #recovered(): void {
    if (!this.#trouble) return;
    const { sinceMs, droppedBefore } = this.#trouble;
    this.#trouble = undefined;
    this.#patience?.onHealth({ is: "well", forMs: this.#clock.monotonicMs() - sinceMs, lostRecords: this.#dropped - droppedBefore });
  }

  #tellRoom(): void {
    if (this.bufferedBytes >= this.#limits.softBytes) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #end(error: PipelineError): void {
    this.#error ??= error;
    this.#dropped += dropLines(this.#store);
    this.#hurry.abort();
    this.#tellRoom();
  }

  #throwIfEnded(): void {
    if (!this.#error) return;
    this.#told = true;
    throw this.#error;
  }

  async #close(): Promise<void> {
    if (!this.#error) for (const stream of this.#gaps.streams()) this.#announceGap(stream);
    const tooLate = deferred<"too late">();
    // Who waits to try again does so now, once.
    this.#hurry.abort();
    using _limit = this.#clock.after(this.#limits.closeMs, () => tooLate.resolve("too late"));
    if ((await Promise.race([this.#leave(), tooLate.promise])) === "too late") {
      const left = `${this.bufferedBytes} bytes did not leave within ${this.#limits.closeMs} ms of closing`;
      this.#end(this.#trouble?.error ?? new PipelineError("E_OUT_WRITE", `${this.name}: ${left}`));
    }
    this.#groupTimer?.[Symbol.dispose]();
    this.#syncTimer?.[Symbol.dispose]();
    if (this.#error && !this.#told && this.#error.code !== "E_STOPPED") throw this.#error;
  }

  /** Writes what is left and closes the target, also after an error. Errors are kept in `#error`. */
  async #leave(): Promise<void> {
    await this.#drained();
    try {
      if (!this.#error && this.#target.sync) await this.#sync();
    } catch (error) {
      this.#end(outputError(error, "write", this.name));
    }
    try {
      await this.#target.close();
    } catch (error) {
      this.#end(outputError(error, "close", this.name));
    }
  }
}
