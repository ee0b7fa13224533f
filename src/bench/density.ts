import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineLine } from "../machine/index.js";
import type { SessionOptions } from "../session/index.js";
import { CAMERA, makeCameras, withLever, type DensityScene, type Lever } from "./density-levers.js";
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
  /** One row for each of them, with a quiet scene and a busy one; none = the busy one as the settings have it. */
  readonly levers: readonly Lever[];
  readonly command: string;
}

/** What is searched for: streams of a scene, at a rate. */
export interface DensityRow {
  readonly wantedFps: number;
  readonly scene: DensityScene;
  /** null = as the settings are. */
  readonly lever: Lever | null;
}

/** What was found of it. */
export type RowFigure = DensityRow & DensityFigure;

/** What `bench --density` gives back; `--json` prints it as it is. */
export interface DensityReport {
  readonly machine: string;
  readonly command: string;
  readonly clip: string;
  readonly workers: number;
  readonly figures: readonly RowFigure[];
  /** false: it was stopped before all was known. */
  readonly complete: boolean;
}

/** Rates that are asked for, frames a second: a doorbell's and a crossing's. */
const WANTED_FPS = [5, 15] as const;

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
  const clips = new Map<DensityScene, readonly string[]>();
  try {
    const rows = rowsOf(options.levers);
    world.progress("making the cameras' picture");
    for (const scene of new Set(rows.map((row) => row.scene))) clips.set(scene, (await unlessStopped(makeCameras(options.session, scene, folder, world.signal), world.signal)) ?? []);
    const figures = await searchAll(rows, (streams, row) => tryStreams(options, clips.get(row.scene) ?? [], streams, row, world.signal), world);
    const complete = figures.length === rows.length && figures.every((figure) => nextTry(figure) === null);
    return { machine: machineLine(), command: options.command, clip: CAMERA.words, workers: options.workers, figures, complete };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(levers: readonly Lever[]): DensityRow[] {
  if (levers.length === 0) return WANTED_FPS.map((wantedFps) => ({ wantedFps, scene: "busy", lever: null }));
  const scenes = ["quiet", "busy"] as const;
  return scenes.flatMap((scene) => WANTED_FPS.flatMap((wantedFps) => levers.map((lever) => ({ wantedFps, scene, lever }))));
}

/** Searches row by row until all is known, or it is stopped; each lever from what the one before it has carried. Exported for its test. */
export async function searchAll(
  rows: readonly DensityRow[],
  attempt: (streams: number, row: DensityRow) => Promise<CarriedLoad>,
  { signal, progress, tried }: DensityWorld,
): Promise<RowFigure[]> {
  const figures: RowFigure[] = [];
  for (const [i, row] of rows.entries()) {
    const before = figures.at(-1);
    const firstTry = before && before.scene === row.scene && before.wantedFps === row.wantedFps ? Math.max(1, before.carried?.streams ?? 1) : 1;
    let figure: DensityFigure = { wantedFps: row.wantedFps, firstTry, carried: null, tooMany: null };
    let step = 1;
    for (let streams = nextTry(figure); streams !== null && !signal.aborted; streams = nextTry(figure)) {
      const of = `${rowText(row)} (${i + 1} of ${rows.length}), step ${step} of at most ${step - 1 + triesLeft(figure)}`;
      progress(`${of}: ${streams} streams`);
      const load = await unlessStopped(attempt(streams, row), signal);
      if (load === undefined) break;
      tried(`${of}: ${loadText(load)}`);
      figure = learned(figure, load);
      step += 1;
    }
    if (figure.carried || figure.tooMany) figures.push({ ...row, ...figure });
  }
  return figures;
}

/** `5 fps wanted`, with scene and lever where there is a choice. */
function rowText({ wantedFps, scene, lever }: DensityRow): string {
  return lever === null ? `${wantedFps} fps wanted` : `${scene} scene, ${wantedFps} fps wanted, ${lever}`;
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

async function tryStreams({ session, workers, seconds }: DensityOptions, clips: readonly string[], streams: number, { wantedFps, lever }: DensityRow, signal: AbortSignal): Promise<CarriedLoad> {
  const set = lever === null ? session : withLever(session, lever);
  const options = { ...set, inference: { ...set.inference, workers } };
  return measureApart({ kind: "density", options, clips, clipFps: CAMERA.fps, streams, wantedFps, windowMs: seconds * 1000 }, signal);
}

/** The report for a person. Pure. */
export function densityText({ machine, command, clip, workers, figures, complete }: DensityReport): string {
  const lines = [machine, `$ ${command}`, `streams of ${clip}, in real time; ${workers} workers; at most ${MISSED_SHARE * 100} % of the wanted frames missed`, ""];
  for (const figure of figures) {
    const { carried, tooMany } = figure;
    const isKnown = nextTry(figure) === null;
    lines.push(`${rowText(figure)}: ${isKnown ? "" : "at least "}${carried?.streams ?? 0} streams`);
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
  const parts = [`with ${streams}: ${percent(skippedShare)} missed, ${percent(decodedShare)} decoded in time;`, cpu, `latency p50 ${latencyMs.p50.toFixed(0)}, p99 ${latencyMs.p99.toFixed(0)} ms (the slowest stream);`, `peak ${peakMb.toFixed(0)} MB without FFmpeg`];
  return parts.filter((part) => part !== "").join(" ");
}
