import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PipelineError } from "../core/errors.js";
import { machineLine } from "../machine/index.js";
import type { SessionOptions } from "../session/index.js";
import type { CarriedLoad } from "./density-measure.js";
import { learned, MISSED_SHARE, nextTry, triesLeft, type DensityFigure } from "./density-search.js";
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

/** What `bench --density` gives back; `--json` prints it as it is. */
export interface DensityReport {
  readonly machine: string;
  readonly command: string;
  readonly clip: string;
  readonly workers: number;
  readonly figures: readonly DensityFigure[];
  /** false: it was stopped before all was known. */
  readonly complete: boolean;
}

/** Rates that are asked for, frames a second: a doorbell's and a crossing's. */
const WANTED_FPS = [5, 15] as const;
/** What a camera of today sends: 1280x720, 30 fps, a key frame every two seconds, no B-frames. */
const CAMERA = { fps: 30, seconds: 30, words: "1280x720 30 fps H.264 veryfast, GOP 60, no B-frames" };

/** What a search tells while it runs. */
export interface DensityWorld {
  /** Ends it: what is known by then is the result. */
  readonly signal: AbortSignal;
  /** What is being done. */
  readonly progress: (words: string) => void;
  /** What a try gave. */
  readonly tried: (words: string) => void;
}

/**
 * Finds out how many cameras this machine carries.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_FFMPEG_*
 */
export async function runDensity(options: DensityOptions, world: DensityWorld): Promise<DensityReport> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  try {
    const clip = join(folder, "camera.mp4");
    world.progress("making the cameras' picture");
    await unlessStopped(makeCamera(options.session, clip, world.signal), world.signal);
    const figures = await searchAll(WANTED_FPS, (streams, wantedFps) => tryStreams(options, clip, streams, wantedFps, world.signal), world);
    const complete = figures.length === WANTED_FPS.length && figures.every((figure) => nextTry(figure) === null);
    return { machine: machineLine(), command: options.command, clip: CAMERA.words, workers: options.workers, figures, complete };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Searches rate by rate until all is known, or it is stopped. Exported for its test. */
export async function searchAll(
  rates: readonly number[],
  attempt: (streams: number, wantedFps: number) => Promise<CarriedLoad>,
  { signal, progress, tried }: DensityWorld,
): Promise<DensityFigure[]> {
  const figures: DensityFigure[] = [];
  for (const [i, wantedFps] of rates.entries()) {
    let figure: DensityFigure = { wantedFps, carried: null, tooMany: null };
    let step = 1;
    for (let streams = nextTry(figure); streams !== null && !signal.aborted; streams = nextTry(figure)) {
      const of = `${wantedFps} fps wanted (${i + 1} of ${rates.length}), step ${step} of at most ${step - 1 + triesLeft(figure)}`;
      progress(`${of}: ${streams} streams`);
      const load = await unlessStopped(attempt(streams, wantedFps), signal);
      if (load === undefined) break;
      tried(`${of}: ${loadText(load)}`);
      figure = learned(figure, load);
      step += 1;
    }
    if (figure.carried || figure.tooMany) figures.push(figure);
  }
  return figures;
}

/** What a stop interrupts fails as a consequence of it: then there is no result. */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (signal.aborted) return undefined;
    throw thrown;
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

async function tryStreams({ session, workers, seconds }: DensityOptions, clip: string, streams: number, wantedFps: number, signal: AbortSignal): Promise<CarriedLoad> {
  const options = { ...session, inference: { ...session.inference, workers } };
  return measureApart({ kind: "density", options, clip, clipFps: CAMERA.fps, streams, wantedFps, windowMs: seconds * 1000 }, signal);
}

/** The report for a person. Pure. */
export function densityText({ machine, command, clip, workers, figures, complete }: DensityReport): string {
  const lines = [machine, `$ ${command}`, `streams of ${clip}, in real time; ${workers} workers; at most ${MISSED_SHARE * 100} % of the wanted frames missed`, ""];
  for (const figure of figures) {
    const { wantedFps, carried, tooMany } = figure;
    const isKnown = nextTry(figure) === null;
    lines.push(`${wantedFps} fps wanted: ${isKnown ? "" : "at least "}${carried?.streams ?? 0} streams`);
    if (carried) lines.push(`  ${loadText(carried)}`);
    if (tooMany) lines.push(`  ${loadText(tooMany)}`);
    else lines.push("  more were not tried");
  }
  if (!complete) lines.push("stopped before all was known");
  return `${lines.join("\n")}\n`;
}

function loadText({ streams, skippedShare, decodedShare, cores, latencyMs, peakMb }: CarriedLoad): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const cpu = cores ? `cores: FFmpeg ${cores.ffmpeg.toFixed(2)}, workers ${cores.workers.toFixed(2)}, main ${cores.main.toFixed(2)};` : "";
  const parts = [`with ${streams}: ${percent(skippedShare)} missed, ${percent(decodedShare)} decoded in time;`, cpu, `latency p50 ${latencyMs.p50.toFixed(0)}, p99 ${latencyMs.p99.toFixed(0)} ms (the slowest stream);`, `peak ${peakMb.toFixed(0)} MB`];
  return parts.filter((part) => part !== "").join(" ");
}
