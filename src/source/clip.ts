import type { Readable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { displayOf } from "./address.js";
import { startChild, type Child } from "./child.js";
import { clipArguments } from "./ffmpeg-command.js";
import { checkFfmpeg } from "./ffmpeg-version.js";
import { inputPlan } from "./input.js";
import { pictureSize, yuv420Bytes } from "./pictures.js";
import type { Probe } from "./probe.js";
import { probeSource } from "./probe-source.js";
import { readAddress } from "./read-address.js";
import type { YuvPicture } from "./source.js";
import { readStderr, type FrameInfo } from "./stderr.js";

/** A video file whose frames are looked at again. */
export interface Clip {
  /** Its name for people. */
  readonly name: string;
  readonly probe: Probe;
  /** Begins to decode, from the first frame with a media time (ms) of at least `fromMs`; null = the first of all. */
  frames(fromMs: number | null): ClipFrames;
}

/** A frame with its media time as a run tells it, ms; null when it has none. */
export interface ClipFrame extends YuvPicture {
  readonly ptsMs: number | null;
}

/** Frames in their order. FFmpeg waits while nobody asks. */
export interface ClipFrames extends AsyncDisposable {
  /** The next one; undefined at the end, or when FFmpeg can't go on. One call at a time. */
  next(): Promise<ClipFrame | undefined>;
}

/** How to look at it. */
export interface ClipOptions {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  /** Greatest width of the pictures, px. */
  readonly widthPx: number;
}

/** Pictures are small: more decoder threads than this would only hold memory. */
const DECODE_THREADS = 2;

/**
 * Opens a clip.
 * @throws PipelineError E_USAGE when it is no video file; of `probeSource` and `checkFfmpeg`
 */
export async function openClip(path: string, { ffmpegPath, ffprobePath, widthPx }: ClipOptions, clock: Clock, signal?: AbortSignal): Promise<Clip> {
  const address = await readAddress(path, ffmpegPath, signal);
  if (address.kind !== "file") throw new PipelineError("E_USAGE", `${displayOf(address)} is no video file; the pictures of a replay come from one`);
  const [, probe] = await Promise.all([checkFfmpeg(ffmpegPath, signal), probeSource(address, { ffprobePath }, signal)]);
  const picture = { ...pictureSize(probe, widthPx), colours: probe.colours, isYuvj: probe.pixelFormat.startsWith("yuvj") };
  const plan = inputPlan(address, { codec: probe.codec });
  return {
    name: displayOf(address),
    probe,
    frames(fromMs) {
      const child = startChild(ffmpegPath, clipArguments({ plan, decodeThreads: DECODE_THREADS, fromMs, picture }), { ...plan, outputs: ["pipe", "pipe"] }, clock);
      return framesOf(child, picture);
    },
  };
}

/** Pairs the n-th picture with the n-th line of showinfo. */
function framesOf(child: Child, { widthPx, heightPx, colours }: Omit<YuvPicture, "yuv420">): ClipFrames {
  const [, stdout, stderr] = child.pipes;
  const take = stdout ? pieces(stdout, yuv420Bytes(widthPx, heightPx)) : () => Promise.resolve(undefined);
  const infos: FrameInfo[] = [];
  let arrived = deferred();
  let hasEnded = false;
  const words = readStderr((info) => {
    infos.push(info);
    arrived.resolve();
  });
  stderr?.setEncoding("utf8").on("data", (text: string) => words.push(text)).on("error", () => undefined);
  void child.ended.catch(() => undefined).finally(() => {
    hasEnded = true;
    arrived.resolve();
  });
  return {
    async next() {
      const yuv420 = await take();
      if (!yuv420) return undefined;
      while (infos.length === 0 && !hasEnded) {
        await arrived.promise;
        arrived = deferred();
      }
      const info = infos.shift();
      return info && { ptsMs: info.ptsMs, widthPx, heightPx, colours, yuv420 };
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Cuts a stream into pieces of equal length; a stream that nobody asks is not read. */
function pieces(stream: Readable, bytes: number): () => Promise<Uint8Array | undefined> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return async () => {
    const piece = new Uint8Array(bytes);
    for (let filled = 0; filled < bytes; ) {
      if (rest.length === 0) {
        // What ends a stream early, a child that was ended for one, is the end here.
        const read = await chunks.next().catch(() => undefined);
        if (!read || read.done === true) return undefined;
        rest = read.value;
      }
      const part = rest.subarray(0, bytes - filled);
      piece.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
    }
    return piece;
  };
}
