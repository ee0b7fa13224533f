import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred, type Deferred } from "../core/lifetime.js";
import { gapTally, toLine, type Published } from "../wire/index.js";
import type { Sink } from "./sink.js";
import { outputError, type WriteTarget } from "./target.js";

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

const NEWLINE_BYTES = 1;

/**
 * Lines in, grouped writes out, through one write loop. Owns the target and closes it.
 * Buffered bytes, the write in flight included, stay below `hardBytes`; what is refused is announced in the output
 * itself, by a `gap` record before the stream's next line.
 */
export class LineSink implements Sink {
  readonly name: string;
  readonly #target: WriteTarget;
  readonly #clock: Clock;
  readonly #limits: LineSinkLimits;
  readonly #gaps = gapTally("sink_slow");
  #lines: string[] = [];
  #waitingBytes = 0;
  #inFlightBytes = 0;
  #dropped = 0;
  #groupTimer: Disposable | undefined;
  #syncTimer: Disposable | undefined;
  #syncDue = false;
  #running = false;
  #idle: Deferred<void> | undefined;
  #room: Deferred<void> | undefined;
  #error: PipelineError | undefined;
  #told = false;
  #closing: Promise<void> | undefined;

  constructor(target: WriteTarget, clock: Clock, limits: Partial<LineSinkLimits> = {}) {
    this.name = target.name;
    this.#target = target;
    this.#clock = clock;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Records refused because the buffer was full or the sink had ended. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Bytes taken and not yet written. */
  get bufferedBytes(): number {
    return this.#waitingBytes + this.#inFlightBytes;
  }

  write({ record, line }: Published): boolean {
    const sizeBytes = Buffer.byteLength(line) + NEWLINE_BYTES;
    if (this.#error || this.#closing || this.bufferedBytes + sizeBytes > this.#limits.hardBytes) {
      this.#dropped += 1;
      if (record.type === "frame") this.#gaps.lose(record);
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
    this.#lines.push(line);
    this.#waitingBytes += sizeBytes;
    if (this.#waitingBytes >= this.#limits.groupBytes) this.#run();
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
    if (this.#lines.length > 0 || this.#syncDue) void this.#writeLoop();
  }

  /** Works until nothing is due. There is one such loop at a time, so lines never overtake each other. Never rejects. */
  async #writeLoop(): Promise<void> {
    this.#running = true;
    try {
      while (!this.#error) {
        if (this.#syncDue) await this.#sync();
        else if (this.#lines.length > 0) await this.#writeGroup();
        else break;
      }
    } catch (error) {
      this.#end(outputError(error, "write", this.name));
    }
    this.#running = false;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  async #writeGroup(): Promise<void> {
    this.#groupTimer?.[Symbol.dispose]();
    this.#groupTimer = undefined;
    const group = Buffer.from(`${this.#lines.join("\n")}\n`);
    this.#lines = [];
    this.#inFlightBytes = this.#waitingBytes;
    this.#waitingBytes = 0;
    await this.#target.write(group);
    this.#inFlightBytes = 0;
    this.#tellRoom();
    if (!this.#target.sync) return;
    this.#syncTimer ??= this.#clock.after(this.#limits.syncMs, () => {
      this.#syncDue = true;
      this.#run();
    });
  }

  async #sync(): Promise<void> {
    this.#syncTimer?.[Symbol.dispose]();
    this.#syncTimer = undefined;
    this.#syncDue = false;
    await this.#target.sync?.();
  }

  #tellRoom(): void {
    if (this.bufferedBytes >= this.#limits.softBytes) return;
    this.#room?.resolve();
    this.#room = undefined;
  }

  #end(error: PipelineError): void {
    this.#error ??= error;
    this.#dropped += this.#lines.length;
    this.#lines = [];
    this.#waitingBytes = 0;
    this.#inFlightBytes = 0;
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
    using _limit = this.#clock.after(this.#limits.closeMs, () => tooLate.resolve("too late"));
    if ((await Promise.race([this.#leave(), tooLate.promise])) === "too late") {
      const left = `${this.bufferedBytes} bytes did not leave within ${this.#limits.closeMs} ms of closing`;
      this.#end(new PipelineError("E_OUT_WRITE", `${this.name}: ${left}`));
    }
    this.#groupTimer?.[Symbol.dispose]();
    this.#syncTimer?.[Symbol.dispose]();
    if (this.#error && !this.#told && this.#error.code !== "E_STOPPED") throw this.#error;
  }

  /** Writes what is left and closes the target, also after an error. Errors are kept in `#error`. */
  async #leave(): Promise<void> {
    await this.#drained();
    try {
      if (!this.#error) await this.#target.sync?.();
      await this.#target.close();
    } catch (error) {
      this.#end(outputError(error, "close", this.name));
    }
  }
}
