import { describeRuntime, loadModelInfo } from "../pool/index.js";
import { machineLine } from "../machine/index.js";
import type { SessionOptions } from "../session/index.js";
import { checkFfmpeg } from "../source/index.js";
import { MEMORY_EVERY } from "./cpu.js";
import type { Measured } from "./measure.js";
import { interleaved, measureApart, spread, type BenchReport } from "./rounds.js";

/** What to compare, and how long. */
export interface BenchOptions {
  /** Settings as for `run`, with one source: the file that is looped. */
  readonly session: SessionOptions;
  readonly workers: number;
  readonly rounds: number;
  /** Measured time of each system in each round, s. */
  readonly seconds: number;
  /** Records of the memory run; 0 = no such run. */
  readonly soakRecords: number;
  /** The command as it was typed, for the report. */
  readonly command: string;
}

/**
 * Compares, in one run and in turn: (a) the limit of bare sessions, (b) the whole product, (c) the plain way.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_FFMPEG_*
 */
export async function runBench(
  options: BenchOptions,
  world: { readonly signal: AbortSignal; readonly progress: (words: string) => void },
): Promise<BenchReport> {
  const { session, workers, rounds } = options;
  const { info } = await loadModelInfo(session.model.path, session.model);
  const task = { options: session, workers, windowMs: options.seconds * 1000, frames: 0 };
  const results = await interleaved(task, rounds, world.signal, world.progress);
  const { limit, pipeline, plain } = results;
  const ratio = (to: readonly Measured[]) => spread(pipeline.map((one, round) => one.fps / to[round]!.fps));
  const last = pipeline.at(-1)!;
  return {
    machine: machineLine(),
    versions: await versions(session),
    command: options.command,
    model: info.id,
    source: session.sources[0] ?? "",
    workers,
    rounds,
    fps: { limit: fpsOf(limit), pipeline: fpsOf(pipeline), plain: fpsOf(plain) },
    ratios: { pipelineToLimit: ratio(limit), pipelineToPlain: ratio(plain) },
    firstRecordMs: spread(pipeline.map((one) => one.firstRecordMs ?? NaN)),
    peakMb: {
      limit: peakOf(limit),
      pipeline: peakOf(pipeline),
      plain: peakOf(plain),
      ffmpeg: spread(pipeline.map((one) => one.ffmpegPeakMb)),
    },
    detail: { stagesMs: last.stagesMs, latencyMs: last.latencyMs, cores: last.cores },
    soak: options.soakRecords > 0 ? await soak(options, world) : null,
  };
}

const fpsOf = (measured: readonly Measured[]) => spread(measured.map((one) => one.fps));
const peakOf = (measured: readonly Measured[]) => spread(measured.map((one) => one.peakMb));

async function versions({ source }: SessionOptions): Promise<Record<string, string>> {
  const runtime = await describeRuntime();
  const ffmpeg = await checkFfmpeg(source.ffmpegPath);
  return { node: process.version, onnxruntime: runtime.version, ffmpeg: ffmpeg.text };
}

/** The first thousand records fill the allocators' pools; what grows after that would grow for months. */
const SETTLED_RECORDS = 1000;

async function soak(
  { session, workers, soakRecords }: BenchOptions,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (words: string) => void },
): Promise<BenchReport["soak"]> {
  progress(`memory over ${soakRecords} records`);
  const { memoryMb } = await measureApart({ kind: "pipeline", options: session, workers, windowMs: 0, frames: soakRecords }, signal);
  const settled = memoryMb[SETTLED_RECORDS / MEMORY_EVERY - 1] ?? NaN;
  return { records: soakRecords, growthMb: (memoryMb.at(-1) ?? NaN) - settled, samplesMb: memoryMb };
}

export { runRuntimes, runtimesText, type RuntimesReport } from "./runtimes.js";
export { runModes, type ModesReport, type ModesTask } from "./modes.js";
export { runStages, type StagesReport, type StagesTask } from "./stages.js";
export { stagesText } from "./stages-report.js";
export { modesText } from "./modes-report.js";
export { gateText, runGate, type GateReport, type GateTask } from "./gate.js";
export { decodeReportText, runDecode, type DecodeReport, type DecodeTask } from "./decode.js";
export { LEVERS, type Lever } from "./density-levers.js";
export { densityText, runDensity, type DensityReport } from "./density.js";
export { reportText } from "./report.js";
export type { BenchReport } from "./rounds.js";
export { runFanout, type FanoutOptions, type FanoutReport } from "./fanout.js";
export type { PipelineTask } from "./fanout-pipelines.js";
export { fanoutText } from "./fanout-report.js";
