import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PipelineError } from "../core/errors.js";
import { machineLine } from "../machine/index.js";
import type { SessionOptions } from "../session/index.js";
import type { CarriedLoad } from "./density-measure.js";
import { measureApart } from "./rounds.js";

/** What is asked: how many streams of each wanted rate the machine carries. */
export interface DensityOptions {
  /** Settings as for `run`, with one source: the clip that the streams are made of. */
  readonly session: SessionOptions;
  readonly workers: number;
  /** Measured time of each try, s. */
  readonly seconds: number;
  readonly command: string;
}

/** The most streams of one rate, and how the try above failed. */
export interface DensityFigure {
  readonly wantedFps: number;
  /** The most that were carried; null when not even one was. */
  readonly carried: CarriedLoad | null;
  readonly tooMany: CarriedLoad;
}

/** What `bench --density` gives back; `--json` prints it as it is. */
export interface DensityReport {
  readonly machine: string;
  readonly command: string;
  readonly clip: string;
  readonly workers: number;
  readonly figures: readonly DensityFigure[];
}

/** Rates that are asked for, frames a second: a doorbell's and a crossing's. */
const WANTED_FPS = [5, 15] as const;
/** A machine carries its streams while no more than this share of the wanted frames is missed, and decoding keeps up as well. */
const MISSED_SHARE = 0.01;
/** Streams beyond which nobody asks. */
const MOST_STREAMS = 256;

/** What a camera of today sends: 1280x720, 30 fps, a key frame every two seconds, no B-frames. */
const CAMERA = { fps: 30, seconds: 30, words: "1280x720 30 fps H.264 veryfast, GOP 60, no B-frames" };

/**
 * Finds out how many cameras this machine carries. Doubles until it fails, then halves the distance.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_FFMPEG_*
 */
export async function runDensity(
  options: DensityOptions,
  world: { readonly signal: AbortSignal; readonly progress: (words: string) => void },
): Promise<DensityReport> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  try {
    const clip = join(folder, "camera.mp4");
    world.progress("making the cameras' picture");
    await makeCamera(options.session, clip, world.signal);
    const figures: DensityFigure[] = [];
    for (const wantedFps of WANTED_FPS) figures.push(await mostStreams(wantedFps, (streams) => tryStreams(options, clip, streams, wantedFps, world)));
    return { machine: machineLine(), command: options.command, clip: CAMERA.words, workers: options.workers, figures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeCamera({ sources, source }: SessionOptions, clip: string, signal: AbortSignal): Promise<void> {
  const coding = ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-bf", "0", "-pix_fmt", "yuv420p"];
  const picture = `scale=1280:720,fps=${CAMERA.fps}`;
  const args = ["-v", "error", "-y", "-stream_loop", "-1", "-i", `file:${sources[0] ?? ""}`, "-t", String(CAMERA.seconds), "-an", "-vf", picture, ...coding, clip];
  await promisify(execFile)(source.ffmpegPath, args, { signal }).catch((cause: Error) => {
    throw new PipelineError("E_BENCH", `FFmpeg can't make the cameras' picture: ${cause.message.trim().split("\n").pop() ?? ""}`, { cause });
  });
}

async function tryStreams(
  { session, workers, seconds }: DensityOptions,
  clip: string,
  streams: number,
  wantedFps: number,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (words: string) => void },
): Promise<CarriedLoad> {
  progress(`${streams} streams, ${wantedFps} fps wanted`);
  const options = { ...session, pool: { ...session.pool, workers } };
  return measureApart({ kind: "density", options, clip, clipFps: CAMERA.fps, streams, wantedFps, windowMs: seconds * 1000 }, signal);
}

async function mostStreams(wantedFps: number, attempt: (streams: number) => Promise<CarriedLoad>): Promise<DensityFigure> {
  let carried: CarriedLoad | null = null;
  for (let streams = 1; streams <= MOST_STREAMS; streams *= 2) {
    const load = await attempt(streams);
    if (!isCarried(load)) return narrowed(wantedFps, carried, load, attempt);
    carried = load;
  }
  throw new PipelineError("E_BENCH", `${MOST_STREAMS} streams are still carried; no more are tried`);
}

async function narrowed(wantedFps: number, carried: CarriedLoad | null, tooMany: CarriedLoad, attempt: (streams: number) => Promise<CarriedLoad>): Promise<DensityFigure> {
  for (;;) {
    const least = carried?.streams ?? 0;
    if (tooMany.streams - least <= 1) return { wantedFps, carried, tooMany };
    const load = await attempt(Math.floor((least + tooMany.streams) / 2));
    if (isCarried(load)) carried = load;
    else tooMany = load;
  }
}

function isCarried({ skippedShare, decodedShare }: CarriedLoad): boolean {
  return skippedShare <= MISSED_SHARE && decodedShare >= 1 - MISSED_SHARE;
}

/** The report for a person. Pure. */
export function densityText({ machine, command, clip, workers, figures }: DensityReport): string {
  const lines = [machine, `$ ${command}`, `streams of ${clip}, in real time; ${workers} workers; at most ${MISSED_SHARE * 100} % of the wanted frames missed`, ""];
  for (const { wantedFps, carried, tooMany } of figures) {
    lines.push(`${wantedFps} fps wanted: ${carried?.streams ?? 0} streams`);
    if (carried) lines.push(`  ${loadText(carried)}`);
    lines.push(`  ${loadText(tooMany)}`);
  }
  return `${lines.join("\n")}\n`;
}

function loadText({ streams, skippedShare, decodedShare, cores, latencyMs, peakMb }: CarriedLoad): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const cpu = cores ? `cores: FFmpeg ${cores.ffmpeg.toFixed(2)}, workers ${cores.workers.toFixed(2)}, main ${cores.main.toFixed(2)};` : "";
  const parts = [`with ${streams}: ${percent(skippedShare)} missed, ${percent(decodedShare)} decoded in time;`, cpu, `latency p50 ${latencyMs.p50.toFixed(0)}, p99 ${latencyMs.p99.toFixed(0)} ms (the slowest stream);`, `peak ${peakMb.toFixed(0)} MB`];
  return parts.filter((part) => part !== "").join(" ");
}
