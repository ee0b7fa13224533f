import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { beginRun, FfmpegRun, type BegunRun, type RunEnd, type RunListener, type RunOptions } from "./ffmpeg.js";
import { pictureShelf } from "./pictures.js";
import { openPixelPipe } from "./pixel-pipe.js";
import { softwareText } from "./hardware.js";
import type { Probe } from "./probe.js";
import type { Source } from "./source.js";
import type { FrameInfo } from "./stderr.js";
import { wishes } from "./thinning.js";

/** One file, and how it is decoded. */
export interface FileOptions extends Omit<RunOptions, "lossless" | "firstFrame"> {
  /** Its name for people. */
  readonly path: string;
  /** At its own pace, newest frame first. */
  readonly realtime: boolean;
  readonly loop: boolean;
  readonly probe: Probe;
  /** Why a graphics processor that was asked for is not used; null = nothing is known against it. */
  readonly softwareSince: string | null;
  readonly maxFps: number | null;
}

/** A file decoded by a child process. Lossless unless `realtime`. Its end is an end: nothing is tried again. */
export async function fileSource(options: FileOptions, clock: Clock): Promise<Source> {
  const pipe = await openPixelPipe();
  const { picture, realtime } = options;
  const shelf = picture ? pictureShelf(picture.widthPx, picture.heightPx, picture.colours) : undefined;
  const wish = wishes({ maxFps: options.maxFps, watched: false });
  const runOptions: RunOptions = { ...options, lossless: !realtime, firstFrame: 0 };
  const begun = begin();
  let run: FfmpegRun | undefined;
  let wanted = false;
  let changed: PipelineError | undefined;

  /** FFmpeg needs as long to start as a model to be loaded, and nothing is lost by waiting. At its own pace time would go by. */
  function begin(): BegunRun | undefined {
    if (realtime || !pipe.keeps) return undefined;
    try {
      return beginRun(runOptions, pipe, wish.now, clock);
    } catch (error) {
      pipe[Symbol.dispose]();
      throw error;
    }
  }

  /** A slot is made for one size: a file that changes it can't go on. */
  function sameSize({ widthPx, heightPx }: FrameInfo): number | undefined {
    const { sourceWidthPx, sourceHeightPx } = options.expected;
    if (widthPx === sourceWidthPx && heightPx === sourceHeightPx) return 1;
    changed = new PipelineError("E_SOURCE_SIZE", `${options.path} goes on at ${widthPx}x${heightPx}, it began at ${sourceWidthPx}x${sourceHeightPx}`);
    void run?.[Symbol.asyncDispose]();
    return undefined;
  }
  return {
    live: realtime,
    expectedFrames: options.loop ? null : options.probe.expectedFrames,
    start(emit) {
      const inSoftware = (message: string): void => emit({ type: "state", state: "live", epoch: 1, reason: "E_HWACCEL", message });
      if (options.softwareSince !== null) inSoftware(options.softwareSince);
      const listener: RunListener = {
        opened: () => undefined,
        epochOf: options.pixels === "source" ? sameSize : countSizes(),
        emit,
        inSoftware: once(() => inSoftware(softwareText(options.path))),
        over: (end) => emit({ type: "ended", error: wanted ? null : (changed ?? explainEnd(end, options)) }),
      };
      run = new FfmpegRun(runOptions, pipe, clock, shelf, wish, listener, begun);
    },
    thins: options.isTold,
    want: (maxFps) => wish.change({ maxFps }),
    watch(watched) {
      shelf?.watch(watched);
      wish.change({ watched });
    },
    takePicture: (frame, deliver) => shelf?.take(frame, deliver),
    async [Symbol.asyncDispose]() {
      wanted = true;
      await (run ?? begun)?.[Symbol.asyncDispose]();
      pipe[Symbol.dispose]();
    },
  };
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** A file may change its picture size on the way: each size is an epoch. */
function countSizes(): (info: FrameInfo) => number {
  let epoch = 0;
  let [width, height] = [0, 0];
  return ({ widthPx, heightPx }) => {
    if (widthPx !== width || heightPx !== height) epoch += 1;
    [width, height] = [widthPx, heightPx];
    return epoch;
  };
}

/** FFmpeg's exit status says little (a cut file ends with 0), so its words and our own count are asked first. */
function explainEnd({ how, frames, partialBytes, words }: RunEnd, { path, loop, probe }: FileOptions): PipelineError | null {
  if (how instanceof PipelineError) return how;
  const { expectedFrames, countIsExact } = probe;
  const why = words.explanation();
  if (how.signal !== null) return new PipelineError("E_FFMPEG_ENDED", `FFmpeg was ended by ${how.signal} after ${frames} frames of ${path}`);
  const short = countIsExact && expectedFrames !== null && frames < expectedFrames && words.errors > 0;
  if (frames > 0 && !loop && (words.saysTruncated || short)) {
    const of = expectedFrames === null ? "" : ` of ${expectedFrames}`;
    return new PipelineError("E_SOURCE_TRUNCATED", `${path} ends after ${frames}${of} frames${why ? `: ${why}` : ""}`);
  }
  if (how.code !== 0 || partialBytes > 0) {
    return new PipelineError("E_FFMPEG_ENDED", `FFmpeg ended with status ${how.code} after ${frames} frames of ${path}: ${why ?? "it gave no reason"}`);
  }
  if (frames === 0) return new PipelineError("E_SOURCE_NO_FRAMES", `${path} holds no frame that can be decoded${why ? `: ${why}` : ""}`);
  return null;
}
