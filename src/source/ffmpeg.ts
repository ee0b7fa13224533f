import type { Readable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import type { FrameHeader } from "../core/frame.js";
import type { FrameRing } from "../ring/index.js";
import { startChild, type Child, type ChildEnd } from "./child.js";
import { displayOf, type SourceAddress } from "./address.js";
import { explain } from "./explain.js";
import { ffmpegArguments, type CommandOptions } from "./ffmpeg-command.js";
import type { Source, SourceEvent } from "./source.js";
import { openPixelPipe, type PixelPipe } from "./pixel-pipe.js";
import { pictureShelf, type PictureShelf } from "./pictures.js";
import type { Probe } from "./probe.js";
import { cutFrames, type RawFrame, type RawFrames } from "./raw-frames.js";
import { feedInput } from "./stdin.js";
import { readStderr, type FrameInfo, type StderrReader } from "./stderr.js";

/** One source, and how it is decoded. */
export interface FfmpegOptions extends CommandOptions {
  readonly address: SourceAddress;
  /** Live = newest first, else lossless. */
  readonly live: boolean;
  /** Whether a file is played again and again. */
  readonly loop: boolean;
  readonly stream: string;
  readonly ffmpegPath: string;
  readonly probe: Probe;
  readonly ring: FrameRing;
}

/** A source decoded by a child process. Lossless unless `live`. */
export async function ffmpegSource(options: FfmpegOptions, clock: Clock): Promise<Source> {
  const pipe = await openPixelPipe();
  const lossless = !options.live;
  const shelf = options.picture ? pictureShelf(options.picture.widthPx, options.picture.heightPx) : undefined;
  let run: FfmpegRun | undefined;
  return {
    live: options.live,
    expectedFrames: options.loop ? null : options.probe.expectedFrames,
    start: (emit) => void (run = new FfmpegRun(options, pipe, clock, lossless, shelf, emit)),
    watch: (watched) => shelf?.watch(watched),
    takePicture: (frame, deliver) => shelf?.take(frame, deliver),
    async [Symbol.asyncDispose]() {
      if (run) await run[Symbol.asyncDispose]();
      else pipe[Symbol.dispose]();
    },
  };
}

/**
 * One FFmpeg process from start to end. Pixels (fd 1) and words (fd 2) arrive independently; a frame is announced when
 * both its bytes and its showinfo line are here, so the n-th frame of one is always paired with the n-th of the other.
 */
class FfmpegRun implements AsyncDisposable {
  readonly #child: Child;
  readonly #stderr: StderrReader;
  readonly #cutter: RawFrames;
  readonly #pixels: RawFrame[] = [];
  readonly #infos: FrameInfo[] = [];
  #end: ChildEnd | undefined;
  #pixelsEnded = false;
  #wanted = false;
  #nextFrame = 0;
  #epoch = 1;
  #lastSize = "";

  constructor(
    readonly options: FfmpegOptions,
    readonly pipe: PixelPipe,
    readonly clock: Clock,
    readonly lossless: boolean,
    readonly shelf: PictureShelf | undefined,
    readonly emit: (event: SourceEvent) => void,
  ) {
    this.#child = startChild(options.ffmpegPath, ffmpegArguments(options), [pipe.stdout, "pipe", ...(options.picture ? (["pipe"] as const) : [])], clock, options.input.stdin);
    feedInput(this.#child.process.stdin, options.input);
    this.#stderr = readStderr((info) => {
      this.#infos.push(info);
      this.#pair();
    });
    this.#cutter = cutFrames({
      ring: options.ring,
      lossless,
      now: () => ({ capturedAtMs: clock.wallMs(), capturedMonoMs: clock.monotonicMs() }),
      onFrame: (frame) => {
        this.#pixels.push(frame);
        this.#pair();
      },
    });
    this.#listen();
  }

  #listen(): void {
    const [, , stderr, pictures] = this.#child.process.stdio as (Readable | undefined)[];
    stderr?.setEncoding("utf8").on("data", (text: string) => this.#stderr.push(text));
    pictures?.on("data", (chunk: Buffer) => this.shelf?.push(chunk));
    for (const stream of [stderr, pictures]) stream?.on("error", () => undefined);
    this.pipe.read(this.#child.process, {
      take: (chunk) => this.#place(chunk),
      ended: () => {
        this.#pixelsEnded = true;
        this.#finishWhenOver();
      },
    });
    this.#child.ended.then(
      (end) => {
        this.#end = end;
        this.#finishWhenOver();
      },
      (error: PipelineError) => this.emit({ type: "ended", error }),
    );
  }

  /** Returns whether all of the chunk found its place; else it is placed again once a slot is free, and reading goes on. */
  #place(chunk: Uint8Array): boolean {
    const rest = this.#cutter.push(chunk);
    if (rest === undefined) return true;
    // The waiter runs inside somebody's dispose: go on in a turn of our own.
    const again = (): void => {
      if (!this.#wanted && this.#place(rest)) this.pipe.resume();
    };
    this.options.ring.onceFree(() => queueMicrotask(again));
    return false;
  }

  #pair(): void {
    while (this.#pixels.length > 0 && this.#infos.length > 0) {
      const raw = this.#pixels.shift();
      const info = this.#infos.shift();
      if (raw && info) this.#announce(raw, info);
    }
  }

  #announce({ lease, ...captured }: RawFrame, info: FrameInfo): void {
    const size = `${info.widthPx}x${info.heightPx}`;
    if (this.#lastSize !== "" && size !== this.#lastSize) this.#epoch += 1;
    this.#lastSize = size;
    const header: FrameHeader = {
      stream: this.options.stream,
      epoch: this.#epoch,
      frame: this.#nextFrame++,
      ptsMs: info.ptsMs,
      ...captured,
      widthPx: info.widthPx,
      heightPx: info.heightPx,
    };
    const hasPicture = this.options.picture !== null && info.n % this.options.picture.everyNth === 0;
    if (hasPicture) this.shelf?.expect(header.frame);
    if (lease) this.emit({ type: "frame", header, lease, hasPicture });
    else this.emit({ type: "skipped", header, cause: "no_slot" });
  }

  /** The process may be gone long before its last frames have found a slot, and its words may come after them. */
  #finishWhenOver(): void {
    if (this.#end === undefined || !(this.#pixelsEnded || this.#wanted)) return;
    const end = this.#end;
    this.#end = undefined;
    this.#finish(end);
  }

  #finish(end: ChildEnd): void {
    const partialBytes = this.#cutter.discardPartial();
    for (const frame of this.#pixels.splice(0)) frame.lease?.[Symbol.dispose]();
    this.emit({ type: "ended", error: this.#wanted ? null : this.#explainEnd(end, partialBytes) });
  }

  /** FFmpeg's exit status says little (a cut file ends with 0), so its words and our own count are asked first. */
  #explainEnd({ code, signal }: ChildEnd, partialBytes: number): PipelineError | null {
    const frames = this.#nextFrame;
    const { expectedFrames, countIsExact } = this.options.probe;
    const words = this.#stderr.explanation();
    const path = displayOf(this.options.address);
    if (signal !== null) return new PipelineError("E_FFMPEG_ENDED", `FFmpeg was ended by ${signal} after ${frames} frames of ${path}`);
    const { kind } = this.options.address;
    if (kind === "network" || kind === "device") return explain(this.#stderr.lastWords(), this.options.address);
    const short = countIsExact && expectedFrames !== null && frames < expectedFrames && this.#stderr.errors > 0;
    if (frames > 0 && !this.options.loop && (this.#stderr.saysTruncated || short)) {
      const of = expectedFrames === null ? "" : ` of ${expectedFrames}`;
      return new PipelineError("E_SOURCE_TRUNCATED", `${path} ends after ${frames}${of} frames${words ? `: ${words}` : ""}`);
    }
    if (code !== 0 || partialBytes > 0) {
      return new PipelineError("E_FFMPEG_ENDED", `FFmpeg ended with status ${code} after ${frames} frames of ${path}: ${words ?? "it gave no reason"}`);
    }
    if (frames === 0) return new PipelineError("E_SOURCE_NO_FRAMES", `${path} holds no frame that can be decoded${words ? `: ${words}` : ""}`);
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#wanted = true;
    this.pipe[Symbol.dispose]();
    await this.#child[Symbol.asyncDispose]();
  }
}
