import type { Readable } from "node:stream";
import type { Clock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import type { FrameHeader } from "../core/frame.js";
import { frameBytes, letterboxWithin, rowsOf, type Letterbox } from "../model/index.js";
import type { FrameRing } from "../ring/index.js";
import { startChild, type Child, type ChildEnd, type ChildPipes } from "./child.js";
import { fateReader, type FateReader, type FrameFate } from "./fates.js";
import { ffmpegArguments, type CommandOptions } from "./ffmpeg-command.js";
import type { SourceEvent } from "./source.js";
import type { PixelPipe } from "./pixel-pipe.js";
import type { PictureShelf } from "./pictures.js";
import { cutFrames, type RawFrame, type RawFrames } from "./raw-frames.js";
import { readStderr, type FrameInfo, type StderrReader, type StreamHeader } from "./stderr.js";
import { commandsFor, type Wish, type Wishes } from "./thinning.js";

/** One process, and what its frames are. */
export interface RunOptions extends CommandOptions {
  readonly stream: string;
  readonly ffmpegPath: string;
  readonly ring: FrameRing;
  /** Wait for a free slot (true), or let frames go by (false). */
  readonly lossless: boolean;
  /** Number of the first frame. */
  readonly firstFrame: number;
}

/** Who hears of a process. Nothing comes after `over`, and no frame after disposal has begun. */
export interface RunListener {
  /** The input is open. */
  opened(header: StreamHeader): void;
  /**
   * Asked before each frame: its epoch, or undefined when neither this frame nor a later one is wanted. With pixels of the source
   * a frame of another size than the expected one must not be wanted: what came is not the picture.
   */
  epochOf(info: FrameInfo): number | undefined;
  emit(event: Extract<SourceEvent, { type: "frame" | "skipped" }>): void;
  /** It decodes in software although a graphics processor was asked for. */
  inSoftware(): void;
  /** The process is gone, and everything it wrote has been taken. Also after a disposal. */
  over(end: RunEnd): void;
}

/** How a process ended, and what it had done by then. */
export interface RunEnd {
  /** An error when it could not be started. */
  readonly how: ChildEnd | PipelineError;
  readonly frames: number;
  /** Bytes of a frame that never became whole. */
  readonly partialBytes: number;
  readonly words: StderrReader;
}

/** Its descriptors: pixels, words, pictures, and an address that must not be an argument. */
function pipesOf({ plan, picture, isTold }: RunOptions, { stdout }: PixelPipe): ChildPipes {
  const outputs = [stdout, "pipe", ...(picture ? (["pipe"] as const) : [])] as const;
  if (!isTold) return { ...plan, outputs };
  const script = plan.scriptFd === undefined ? [] : (["pipe"] as const);
  return { ...plan, stdin: "ours", outputs: [stdout, "pipe", picture ? "pipe" : "ignore", ...script] };
}

/** Where FFmpeg has put a frame: the same rule as in its filters. */
function letterboxOf({ widthPx, heightPx }: FrameInfo, { letterbox, expected }: CommandOptions): Letterbox {
  if (widthPx === expected.sourceWidthPx && heightPx === expected.sourceHeightPx) return expected;
  return letterboxWithin(letterbox, expected.inputWidthPx, expected.inputHeightPx, rowsOf(expected), widthPx, heightPx);
}

/** A process that has just begun, and what it was told in its arguments. Disposing ends it. */
export interface BegunRun extends AsyncDisposable {
  readonly child: Child;
  readonly told: Wish;
  /** Hands over its words and its pictures, from the first on. Once. */
  take(words: (text: string) => void, pictures: (chunk: Buffer) => void): void;
}

/**
 * Begins a process whose pixels nobody takes yet: it waits once their pipe is full, and by then has said no more than belongs
 * to those. Disposing closes `pipe` too.
 * @throws PipelineError E_USAGE of `feedInput`, and what the system throws; `pipe` is then still its maker's
 */
export function beginRun(options: RunOptions, pipe: PixelPipe, told: Wish, clock: Clock): BegunRun {
  const child = startChild(options.ffmpegPath, ffmpegArguments(options, told), pipesOf(options, pipe), clock);
  const [, , stderr, pictures] = child.pipes;
  const takeWords = held<string>(stderr?.setEncoding("utf8"));
  const takePictures = held<Buffer>(pictures);
  return {
    child,
    told,
    take(words, chunks) {
      takeWords(words);
      takePictures(chunks);
    },
    async [Symbol.asyncDispose]() {
      pipe[Symbol.dispose]();
      await child[Symbol.asyncDispose]();
    },
  };
}

/** Keeps what a stream brings until somebody takes it: once a process has ended, Node throws away what nobody has asked for. */
function held<T>(stream: Readable | undefined): (take: (piece: T) => void) => void {
  const early: T[] = [];
  let taker = (piece: T): void => void early.push(piece);
  stream?.on("data", (piece: T) => taker(piece));
  stream?.on("error", () => undefined);
  return (take) => {
    taker = take;
    for (const piece of early.splice(0)) take(piece);
  };
}

/**
 * One FFmpeg process from start to end. Pixels (fd 1) and words (fd 2) arrive independently; a frame is announced when
 * both its bytes and its showinfo line are here, so the n-th frame of one is always paired with the n-th of the other.
 */
export class FfmpegRun implements AsyncDisposable {
  readonly #begun: BegunRun;
  readonly #stderr: StderrReader;
  readonly #cutter: RawFrames;
  readonly #pixels: RawFrame[] = [];
  readonly #fates: FrameFate[] = [];
  readonly #fateReader: FateReader;
  readonly #following: Disposable;
  /** What it was told last; undefined while nobody listens there yet. */
  #told: Wish | undefined;
  #end: ChildEnd | undefined;
  #pixelsEnded = false;
  /** No frame is to be announced any more. */
  #closed = false;
  #frames = 0;
  #last: FrameInfo | undefined;
  #letterbox: Letterbox;

  /** Disposing closes `pipe` too, and ends what has begun already. */
  constructor(
    readonly options: RunOptions,
    readonly pipe: PixelPipe,
    readonly clock: Clock,
    readonly shelf: PictureShelf | undefined,
    readonly wishes: Wishes,
    readonly listener: RunListener,
    begun: BegunRun = beginRun(options, pipe, wishes.now, clock),
  ) {
    this.#letterbox = options.expected;
    this.#begun = begun;
    this.#following = wishes.follow((wish) => this.#told && this.#tell(wish, this.#told));
    begun.child.process.stdin?.on("error", () => undefined);
    this.#fateReader = fateReader((fate) => {
      this.#fates.push(fate);
      this.#pair();
    });
    this.#stderr = readStderr(
      (info) => {
        // A graph that has just been made, at first or for a picture of another size, knows only what stood in the arguments.
        if (info.at === "all" && info.n === 0) this.#tell(wishes.now, begun.told);
        this.#fateReader.take(info);
      },
      (header) => listener.opened(header),
      () => listener.inSoftware(),
    );
    this.#cutter = cutFrames({
      ring: options.ring,
      frameBytes: frameBytes(options.pixels, options.expected),
      lossless: options.lossless,
      now: () => this.#now(),
      onFrame: (frame) => {
        this.#pixels.push(frame);
        this.#pair();
      },
    });
    this.#listen();
  }

  #listen(): void {
    const { child } = this.#begun;
    this.#begun.take((text) => this.#stderr.push(text), (chunk) => this.shelf?.push(chunk));
    this.pipe.read(child.process, {
      take: (chunk) => this.#place(chunk),
      ended: () => {
        this.#pixelsEnded = true;
        this.#finishWhenOver();
      },
    });
    child.ended.then(
      (end) => {
        this.#end = end;
        this.#finishWhenOver();
      },
      (error: PipelineError) => this.#finish(error),
    );
  }

  /** Returns whether all of the chunk found its place; else it is placed again once a slot is free, and reading goes on. */
  #place(chunk: Uint8Array): boolean {
    const rest = this.#cutter.push(chunk);
    if (rest === undefined) return true;
    // The waiter runs inside somebody's dispose: go on in a turn of our own.
    const again = (): void => {
      if (!this.#closed && this.#place(rest)) this.pipe.resume();
    };
    this.options.ring.onceFree(() => queueMicrotask(again));
    return false;
  }

  /** Makes a wish known to FFmpeg, as far as it differs from what it knows. */
  #tell(wish: Wish, known: Wish): void {
    const { stdin } = this.#begun.child.process;
    const commands = commandsFor(wish, known);
    if (this.options.isTold && stdin?.writable && commands !== "") stdin.write(commands);
    this.#told = wish;
  }

  #pair(): void {
    for (let [fate] = this.#fates; fate !== undefined; [fate] = this.#fates) {
      const raw = fate.isKept ? this.#pixels.shift() : { lease: undefined, ...this.#now() };
      if (raw === undefined) return;
      this.#fates.shift();
      this.#announce(raw, fate);
    }
  }

  #now() {
    return { capturedAtMs: this.clock.wallMs(), capturedMonoMs: this.clock.monotonicMs() };
  }

  #announce({ lease, ...captured }: RawFrame, { info, isKept, hasPicture }: FrameFate): void {
    const epoch = this.#closed ? undefined : this.listener.epochOf(info);
    if (epoch === undefined) {
      this.#closed = true;
      return lease?.[Symbol.dispose]();
    }
    if (info.widthPx !== this.#last?.widthPx || info.heightPx !== this.#last.heightPx) this.#letterbox = letterboxOf(info, this.options);
    this.#last = info;
    const header: FrameHeader = {
      stream: this.options.stream,
      epoch,
      frame: this.options.firstFrame + this.#frames++,
      ptsMs: info.ptsMs,
      ...captured,
      widthPx: info.widthPx,
      heightPx: info.heightPx,
    };
    if (hasPicture) this.shelf?.expect(header.frame);
    if (lease) this.listener.emit({ type: "frame", header, lease, hasPicture, letterbox: this.#letterbox, rows: rowsOf(this.options.expected), pixels: this.options.pixels });
    else this.listener.emit({ type: "skipped", header, cause: isKept ? "no_slot" : "max_fps" });
  }

  /** The process may be gone long before its last frames have found a slot, and its words may come after them. */
  #finishWhenOver(): void {
    if (this.#end !== undefined && (this.#pixelsEnded || this.#closed)) this.#finish(this.#end);
  }

  #finish(how: ChildEnd | PipelineError): void {
    this.#end = undefined;
    this.#fateReader.end();
    const partialBytes = this.#cutter.discardPartial();
    for (const frame of this.#pixels.splice(0)) frame.lease?.[Symbol.dispose]();
    this.listener.over({ how, frames: this.#frames, partialBytes, words: this.#stderr });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#following[Symbol.dispose]();
    await this.#begun[Symbol.asyncDispose]();
  }
}
