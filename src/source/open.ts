import { systemRandom, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { frameBytes, letterboxFor, MOST_SOURCE_BYTES, type Letterbox, type LetterboxRule, type PixelForm } from "../model/index.js";
import type { FrameRing } from "../ring/index.js";
import { checkFfmpeg } from "./ffmpeg-version.js";
import type { Lookup } from "../egress/index.js";
import { displayOf, isLiveAddress, type SourceAddress } from "./address.js";
import { apiAddress, insideRoots, type ApiSourcePolicy } from "./api-source.js";
import { DEFAULT_FPS, type DecodePlan } from "./decode.js";
import { decodeLine, planDecode, withGaps } from "./economy.js";
import { explain } from "./explain.js";
import type { RunOptions } from "./ffmpeg.js";
import { SCRIPT_FD } from "./ffmpeg-command.js";
import type { DecodeWish } from "./frame-kinds.js";
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
  /** What is decoded. Default: auto, the least that delivers the wanted rate. */
  readonly decode?: DecodeWish;
  /** Most frames a second that are wanted at first; null or left out = all. What FFmpeg decodes beyond that is not scaled, and skipped as `max_fps`. */
  readonly maxFps?: number | null;
  /** Whether FFmpeg leaves out what is not wanted (never of standard input, which leaves no room for commands); else that is left to who takes the frames, and pictures are made though nobody looks. For measurements. Default: true. */
  readonly thinsItself?: boolean;
  /** A file that is not played in real time: whether its frames' numbers have to be their places in it. For measurements. Default: true. */
  readonly countsPlaces?: boolean;
  /** Streams that share the machine's cores with this one, itself included. Default: 1. */
  readonly streams?: number;
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
  /** Takes a word for people: what is waited for, what is decoded and why. */
  readonly tell?: (message: string) => void;
  /** Asks for the addresses of a name. Default: the system's. */
  readonly lookup?: Lookup;
}

/** Looks come in bursts, and only a frame that has a picture shows. */
const PICTURES_FOR_ONE_SENT = 1.5;
/** 29.97 fps counts as 30. */
const RATE_TOLERANCE = 0.01;

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
  const { policy = null, everyNth = 1 } = options;
  const address = policy === null ? await readAddress(name, options.ffmpegPath, world.signal) : await apiAddress(name, policy);
  const { input: { widthPx: inputWidthPx, heightPx: inputHeightPx, letterbox }, maxFps = null } = options;
  const pixels: PixelForm = options.preprocess === "exact" ? "source" : "fitted";
  const common = { stream, ring, inputWidthPx, inputHeightPx, letterbox, everyNth, pixels };
  if (address.kind === "numbered") return numberedSource({ ...common, frames: address.frames }, world.clock);
  if (address.kind === "images") return stillsSource({ ...common, paths: await checkedPaths(await imagePaths(address.pattern), policy) }, world.clock);
  using _word = address.kind === "stdin" ? claimInput(world) : null;
  const settings = { ...options, ioTimeoutMs: ioTimeoutMs(options.limits), wholeFiles: policy !== null };
  // Given up for good where it fails: the next connection, or the file, is decoded in software.
  let { hwaccel = "none" } = options;
  const decode = (probe: Probe, rate: number | null): DecodePlan => planDecode(probe, address, { ...options, hwaccel, maxFps: rate });
  const isTold = address.kind !== "stdin" && options.thinsItself !== false;
  const command = (probe: Probe, to: SourceAddress, { mode, threads }: DecodePlan, rate: number | null) => ({
    stream, ring, letterbox, pixels,
    ffmpegPath: options.ffmpegPath,
    plan: inputPlan(to, { ...settings, hwaccel, mode, codec: probe.codec }, isTold ? SCRIPT_FD : undefined),
    expected: withRoom(ring, pixels, letterboxFor(letterbox, inputWidthPx, inputHeightPx, probe.widthPx, probe.heightPx)),
    decodeThreads: threads, everyNth, isTold,
    picture: pictureOf(probe, { ...options, maxFps: rate }),
  });
  if (isLiveAddress(address)) {
    await checkFfmpeg(options.ffmpegPath, world.signal);
    const route = await openRoute(address, policy, world.lookup);
    const why = (words: string): PipelineError => {
      const error = refusedOnTheWay(route, address) ?? explain(words, address);
      if (error.code === "E_HWACCEL") hwaccel = "none";
      return error;
    };
    const probe = async (signal: AbortSignal, rate: number | null): Promise<Probe> => {
      const found = await probeSource(await route.next(), settings, signal).catch((thrown: unknown) => {
        throw refusedOnTheWay(route, address) ?? thrown;
      });
      // What it is is known: how far apart its key frames are may stay unknown, when there is no more time for that.
      return withGaps(found, await route.next(), { ...settings, maxFps: rate }, signal).catch(() => ({ ...found, gaps: null }));
    };
    return liveSource(
      {
        route, display: displayOf(address), limits: options.limits, maxFps, tell: world.tell, explain: why, probe, decode,
        decodeText: (plan, rate) => decodeLine(plan, { ...options, hwaccel, maxFps: rate }),
        command: async (found, plan, rate) => command(found, await route.next(), plan, rate),
      },
      world.clock, world.random ?? systemRandom,
    );
  }
  const [, found] = await Promise.all([checkFfmpeg(options.ffmpegPath, world.signal), probeSource(address, settings, world.signal)]);
  const probe = await withGaps(found, address, { ...settings, maxFps }, world.signal);
  const softwareSince = await hardwareLack(address, { ...settings, codec: probe.codec }, world.signal);
  if (softwareSince !== null) hwaccel = "none";
  const plan = decode(probe, maxFps);
  tellLine(decodeLine(plan, { ...options, hwaccel }), address, world);
  return fileSource({ ...command(probe, address, plan, maxFps), path: displayOf(address), softwareSince, probe, maxFps, realtime: options.realtime, loop: options.loop }, world.clock);
}

function tellLine(line: string | null, address: SourceAddress, { tell }: SourceWorld): void {
  if (line !== null) tell?.(`${displayOf(address)}: ${line}`);
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
function claimInput({ clock, tell }: SourceWorld): Disposable {
  standardInput().claim();
  return clock.after(SILENCE_TOLD_MS, () => {
    if (standardInput().state === "silent") tell?.(`standard input is silent: waiting for its first byte, up to ${PROBE_TIMEOUT_MS / 1000} s`);
  });
}

function ioTimeoutMs({ connectTimeoutMs, firstFrameTimeoutMs, silenceTimeoutMs }: LiveLimits): number {
  return Math.max(connectTimeoutMs, firstFrameTimeoutMs, silenceTimeoutMs) + IO_TIMEOUT_MARGIN_MS;
}

function pictureOf(probe: Probe, { everyNth = 1, maxFps = null, picture }: SourceOptions): RunOptions["picture"] {
  if (picture === null) return null;
  const sentFps = Math.min((probe.fps ?? DEFAULT_FPS) / everyNth, maxFps ?? Infinity);
  return {
    everyNth: Math.max(1, Math.floor(sentFps / (picture.fps * PICTURES_FOR_ONE_SENT) + RATE_TOLERANCE)),
    ...pictureSize(probe, picture.widthPx),
    colours: probe.colours,
    isYuvj: probe.pixelFormat.startsWith("yuvj"),
  };
}
