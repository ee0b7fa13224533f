import { RUNTIMES, type Runtime } from "../core/devices.js";
import { machineLine } from "../machine/index.js";
import { loadModelInfo } from "../pool/index.js";
import type { SessionOptions } from "../session/index.js";
import type { Measured } from "./measure.js";
import { measureApart, spread, type Spread } from "./rounds.js";

/** What is measured, and how long. */
export interface RuntimesTask {
  /** Settings as for `run`, with one source: the file that is looped. `inference.precision` is openvino's. */
  readonly session: SessionOptions;
  readonly workers: number;
  readonly rounds: number;
  /** Measured time of each system in each round, s. */
  readonly seconds: number;
  readonly command: string;
}

const KINDS = ["limit", "pipeline"] as const;
type Figure = `${Runtime} ${(typeof KINDS)[number]}`;

/** What `bench --runtimes` gives back; `--json` prints it as it is. */
export interface RuntimesReport {
  readonly machine: string;
  readonly command: string;
  readonly model: string;
  readonly source: string;
  readonly workers: number;
  readonly rounds: number;
  /** Frames a second of two (`workers`) bare threads, and of the whole pipeline, with each runtime. */
  readonly fps: Readonly<Record<Figure, Spread>>;
  readonly peakMb: Readonly<Record<Figure, Spread>>;
  /** Taken round by round, so that a drift of the machine's speed cancels out. */
  readonly ratios: { readonly openvinoToOnnxruntime: Spread; readonly openvinoToItsLimit: Spread; readonly onnxruntimeToItsLimit: Spread; readonly limits: Spread };
  /** In what numbers openvino was asked to count; what came of it the run's own lines say. */
  readonly precision: string;
}

/**
 * Compares, in one run and in turn: bare threads and the whole pipeline, with onnxruntime and with openvino.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_RUNTIME_*, E_FFMPEG_*
 */
export async function runRuntimes({ session, workers, rounds, seconds, command }: RuntimesTask, world: { readonly signal: AbortSignal; readonly progress: (words: string) => void }): Promise<RuntimesReport> {
  const { info } = await loadModelInfo(session.model.path, session.model);
  const { precision = "f32" } = session.inference;
  const measured = {} as Record<Figure, Measured[]>;
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of KINDS) {
      for (const runtime of RUNTIMES) {
        world.progress(`round ${round} of ${rounds}: ${kind} with ${runtime}`);
        const inference = { ...session.inference, runtime, precision: runtime === "openvino" ? precision : ("f32" as const), device: "cpu" as const };
        (measured[`${runtime} ${kind}`] ??= []).push(await measureApart({ kind, options: { ...session, inference }, workers, windowMs: seconds * 1000, frames: 0 }, world.signal));
      }
    }
  }
  const over = (one: Figure, other: Figure): Spread => spread(measured[one].map(({ fps }, i) => fps / measured[other][i]!.fps));
  const figures = (value: (one: Measured) => number) => Object.fromEntries(Object.entries(measured).map(([name, all]) => [name, spread(all.map(value))])) as Record<Figure, Spread>;
  return {
    machine: machineLine(), command, model: info.id, source: session.sources[0] ?? "", workers, rounds, precision,
    fps: figures(({ fps }) => fps),
    peakMb: figures(({ peakMb }) => peakMb),
    ratios: {
      openvinoToOnnxruntime: over("openvino pipeline", "onnxruntime pipeline"), openvinoToItsLimit: over("openvino pipeline", "openvino limit"),
      onnxruntimeToItsLimit: over("onnxruntime pipeline", "onnxruntime limit"), limits: over("openvino limit", "onnxruntime limit"),
    },
  };
}

/** The report for a person. Pure. */
export function runtimesText({ machine, command, model, source, workers, rounds, precision, fps, peakMb, ratios }: RuntimesReport): string {
  const ranged = ({ median, min, max }: Spread, digits: number): string => `${median.toFixed(digits)} [${min.toFixed(digits)} .. ${max.toFixed(digits)}]`;
  const row = (what: string, name: Figure): string => `${what.padEnd(48)} ${ranged(fps[name], 1)} fps   peak ${peakMb[name].median.toFixed(0)} MB`;
  return [
    machine,
    `$ ${command}`,
    `${model} on ${source}, ${workers} workers, median of ${rounds} rounds [least .. greatest], openvino asked for ${precision}`,
    "",
    row("bare onnxruntime threads on ready tensors", "onnxruntime limit"),
    row("bare openvino threads on ready tensors", "openvino limit"),
    row("sightline with onnxruntime, decoding included", "onnxruntime pipeline"),
    row("sightline with openvino, decoding included", "openvino pipeline"),
    `sightline, openvino to onnxruntime        ${ranged(ratios.openvinoToOnnxruntime, 3)}`,
    `sightline to bare threads, openvino       ${ranged(ratios.openvinoToItsLimit, 3)}`,
    `sightline to bare threads, onnxruntime    ${ranged(ratios.onnxruntimeToItsLimit, 3)}`,
    `bare threads, openvino to onnxruntime     ${ranged(ratios.limits, 3)}`,
    "",
  ].join("\n");
}
