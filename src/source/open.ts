import { systemRandom, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { frameBytes, letterboxFor, MOST_SOURCE_BYTES, type Letterbox, type LetterboxRule, type PixelForm } from "../model/index.js";
import type { FrameRing } from "../ring/index.js";
import { checkFfmpeg } from "./ffmpeg-version.js";
import type { Lookup } from "../egress/index.js";
import { displayOf, isLiveAddress, type SourceAddress } from "./address.js";
import { apiAddress, insideRoots, type ApiSourcePolicy } from "./api-source.js";
import { explain } from "./explain.js";
import { fileSource } from "./file.js";
import { hardwareLack } from "./hardware.js";
import { imagePaths } from "./image-paths.js";
import { inputPlan, type InputSettings } from "./input.js";
import type { Source } from "./source.js";
import { liveSource, type LiveLimits } from "./live.js";
import { pictureSize } from "./pictures.js";
import { numberedSource } from "./numbered.js";
import type { Probe } from "./probe.js";
import { PROBE_TIMEOUT_MS, probeSource } from "./probe-source.js";
import { readAddress } from "./read-address.js";
import { openRoute, type Route } from "./route.js";
import { standardInput } from "./stdin.js";
import { stillsSource } from "./stills.js";

/** Everything that opening needs, whatever the kind. */
export interface SourceOptions extends InputSettings {
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly realtime: boolean;
  readonly loop: boolean;
  readonly decodeThreads: "auto" | number;
  /** Only every n-th decoded frame is scaled and sent; the others are skipped as `max_fps`. Default: each. */
  readonly everyNth?: number;
  /** Who fits the picture into the input: FFmpeg, or the worker, to the letter as the references do. Default: ffmpeg. */
  readonly preprocess?: "ffmpeg" | "exact";
  /** The model's input, which every frame is letterboxed to. */
  readonly input: { readonly widthPx: number; readonly heightPx: number; readonly letterbox: LetterboxRule };
  /** Pictures for people: their rate and greatest width; null = none are ever asked for. */
  readonly picture: { readonly fps: number; readonly widthPx: number } | null;
  /** How patient a source that is live by nature is. */
  readonly limits: LiveLimits;
  /** It came by the API: what it may open; null or left out = it is trusted. */
  readonly policy?: ApiSourcePolicy | null;
}

/** What a source lives in. */
export interface SourceWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** 0 (inclusive) to 1: the jitter of waits. Default: the machine's. */
  readonly random?: () => number;
  /** Takes a word about what is waited for, for people. */
  readonly waits?: (message: string) => void;
  /** Asks for the addresses of a name. Default: the system's. */
  readonly lookup?: Lookup;
}

/** Above this many pixels one decoder thread would be the narrowest place; below, more only take cores from the model. */
const ONE_THREAD_PIXELS = 1920 * 1088;
/** Looks come in bursts, and only a frame that has a picture shows. One that nobody watches costs some 0.2 ms. */
const PICTURES_FOR_ONE_SENT = 1.5;
/** 29.97 fps counts as 30. */
const RATE_TOLERANCE = 0.01;
/** Taken as a file's rate where it states none. */
const DEFAULT_FPS = 25;

/** Standard input that is silent for so long is told, ms: whoever waits at a terminal can't see why. */
const SILENCE_TOLD_MS = 2000;

/** FFmpeg's own limit of a silent read lies this far above ours, ms: ours is to be the first, its is for one that has outlived us. */
const IO_TIMEOUT_MARGIN_MS = 5000;

/**
 * Opens a source by its name: an address, a camera, a video file, standard input, a picture, a folder or glob of pictures,
 * or a test source. What is live by nature is not connected to yet: it may well not be there now.
 * @throws PipelineError E_SOURCE_*, E_DEVICE, E_FFMPEG_MISSING, E_FFMPEG_OLD, E_USAGE
 */
export async function openSource(
  name: string,
  stream: string,
  options: SourceOptions,
  ring: FrameRing,
  world: SourceWorld,
): Promise<Source> {
  const { policy = null } = options;
  const address = policy === null ? await readAddress(name, options.ffmpegPath, world.signal) : await apiAddress(name, policy);
  const { widthPx: inputWidthPx, heightPx: inputHeightPx, letterbox } = options.input;
  const pixels: PixelForm = options.preprocess === "exact" ? "source" : "fitted";
  const common = { stream, ring, inputWidthPx, inputHeightPx, letterbox, everyNth: options.everyNth ?? 1, pixels };
  if (address.kind === "numbered") return numberedSource({ ...common, frames: address.frames }, world.clock);
  if (address.kind === "images") return stillsSource({ ...common, paths: await checkedPaths(await imagePaths(address.pattern), policy) }, world.clock);
  using _word = address.kind === "stdin" ? claimInput(world) : null;
  const settings = { ...options, ioTimeoutMs: ioTimeoutMs(options.limits), wholeFiles: policy !== null };
  // Given up for good where it fails: the next connection, or the file, is decoded in software.
  let { hwaccel = "none" } = options;
  const command = (probe: Probe, to: SourceAddress) => ({
    stream, ring, letterbox, pixels,
    ffmpegPath: options.ffmpegPath,
    plan: inputPlan(to, { ...settings, hwaccel, codec: probe.codec }),
    expected: withRoom(ring, pixels, letterboxFor(letterbox, inputWidthPx, inputHeightPx, probe.widthPx, probe.heightPx)),
    ...decoding(probe, options),
  });
  if (isLiveAddress(address)) {
    await checkFfmpeg(options.ffmpegPath, world.signal);
    const route = await openRoute(address, policy, world.lookup);
    const why = (words: string): PipelineError => {
      const error = refusedOnTheWay(route, address) ?? explain(words, address);
      if (error.code === "E_HWACCEL") hwaccel = "none";
      return error;
    };
    const probe = async (signal: AbortSignal): Promise<Probe> =>
      probeSource(await route.next(), settings, signal).catch((thrown: unknown) => {
        throw refusedOnTheWay(route, address) ?? thrown;
      });
    const source = liveSource(
      { display: displayOf(address), limits: options.limits, probe, command: async (found) => command(found, await route.next()), explain: why },
      world.clock, world.random ?? systemRandom,
    );
    return {
      ...source,
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await route[Symbol.asyncDispose]();
      },
    };
  }
  const [, probe] = await Promise.all([checkFfmpeg(options.ffmpegPath, world.signal), probeSource(address, settings, world.signal)]);
  const softwareSince = await hardwareLack(address, { ...settings, codec: probe.codec }, world.signal);
  if (softwareSince !== null) hwaccel = "none";
  return fileSource({ ...command(probe, address), path: displayOf(address), softwareSince, probe, realtime: options.realtime, loop: options.loop }, world.clock);
}

/** Sees to it that the ring's slots take such frames. @throws PipelineError E_SOURCE_SIZE */
function withRoom(ring: FrameRing, pixels: PixelForm, expected: Letterbox): Letterbox {
  const bytes = frameBytes(pixels, expected);
  if (bytes > MOST_SOURCE_BYTES) throw new PipelineError("E_SOURCE_SIZE", `the picture has ${expected.sourceWidthPx}x${expected.sourceHeightPx} px, which is ${bytes} bytes (limit ${MOST_SOURCE_BYTES})`);
  ring.grow(bytes);
  return expected;
}

/** What FFmpeg only knows as an answer of 403 was our own doing. */
function refusedOnTheWay(route: Route, address: SourceAddress): PipelineError | undefined {
  const refusal = route.takeRefusal();
  return refusal && new PipelineError(refusal.code, `${displayOf(address)} leads there: ${refusal.message}`);
}

/** A folder inside may hold links that lead out. */
async function checkedPaths(paths: string[], policy: ApiSourcePolicy | null): Promise<string[]> {
  return policy === null ? paths : Promise.all(paths.map((path) => insideRoots(path, policy)));
}

/** Takes standard input for this source; until that is disposed, its silence is told. */
function claimInput({ clock, waits }: SourceWorld): Disposable {
  standardInput().claim();
  return clock.after(SILENCE_TOLD_MS, () => {
    if (standardInput().state === "silent") waits?.(`standard input is silent: waiting for its first byte, up to ${PROBE_TIMEOUT_MS / 1000} s`);
  });
}

function ioTimeoutMs({ connectTimeoutMs, firstFrameTimeoutMs, silenceTimeoutMs }: LiveLimits): number {
  return Math.max(connectTimeoutMs, firstFrameTimeoutMs, silenceTimeoutMs) + IO_TIMEOUT_MARGIN_MS;
}

function decoding(probe: Probe, { decodeThreads, everyNth = 1, picture }: SourceOptions) {
  const small = probe.widthPx * probe.heightPx <= ONE_THREAD_PIXELS;
  return {
    decodeThreads: decodeThreads === "auto" ? (small ? 1 : 0) : decodeThreads,
    everyNth,
    picture: picture && {
      everyNth: everyNth * Math.max(1, Math.floor((probe.fps ?? DEFAULT_FPS) / everyNth / (picture.fps * PICTURES_FOR_ONE_SENT) + RATE_TOLERANCE)),
      ...pictureSize(probe, picture.widthPx),
      colours: probe.colours,
      isYuvj: probe.pixelFormat.startsWith("yuvj"),
    },
  };
}
