import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PipelineError } from "../core/errors.js";
import { programUrl } from "../core/programs.js";
import type { CarriedLoad, DensityTask } from "./density-measure.js";
import type { Measured, MeasuredSystem, MeasureTask } from "./measure.js";

/** Runs one measurement in a process of its own, whose number `started` is told. */
export function measureApart(task: MeasureTask, signal: AbortSignal, started?: (pid: number) => unknown): Promise<Measured>;
export function measureApart(task: DensityTask, signal: AbortSignal): Promise<CarriedLoad>;
export function measureApart(task: MeasureTask | DensityTask, signal: AbortSignal, started?: (pid: number) => unknown): Promise<Measured | CarriedLoad> {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(programUrl("bench/measure"));
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "pipe"], signal });
    if (child.pid !== undefined) started?.(child.pid);
    // Not as an argument, which everybody at the machine could read: it holds the settings.
    child.stdin.on("error", () => undefined);
    child.stdin.end(JSON.stringify(task));
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err = (err + text).slice(-2000)));
    child.once("error", (cause) => reject(new PipelineError("E_BENCH", cause.message, { cause })));
    child.once("close", (code, killedBy) => {
      if (code === 0) return resolve(JSON.parse(out) as Measured | CarriedLoad);
      reject(new PipelineError("E_BENCH", `${task.kind} ended with ${killedBy ?? code}: ${err.trim().split("\n").pop() ?? ""}`));
    });
  });
}

/** Figures of one system over all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Median, least and greatest. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** What `bench` gives back; `--json` prints it as it is. */
export interface BenchReport {
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  readonly model: string;
  readonly source: string;
  readonly workers: number;
  readonly rounds: number;
  /** Frames a second. */
  readonly fps: { readonly limit: Spread; readonly pipeline: Spread; readonly plain: Spread };
  /** Ratios taken round by round: neighbours in time, so that a drift of the machine's speed cancels out. */
  readonly ratios: { readonly pipelineToLimit: Spread; readonly pipelineToPlain: Spread };
  readonly firstRecordMs: Spread;
  readonly peakMb: { readonly limit: Spread; readonly pipeline: Spread; readonly plain: Spread; readonly ffmpeg: Spread };
  /** The last round's pipeline: where its time goes. */
  readonly detail: Pick<Measured, "stagesMs" | "latencyMs" | "cores">;
  /** Growth of resident memory from record 1,000 to the last, MB; only with `--soak`. */
  readonly soak: { readonly records: number; readonly growthMb: number; readonly samplesMb: readonly number[] } | null;
}

/** Measures A B C, A B C, ...: limit, pipeline, plain way. */
export async function interleaved(
  task: Omit<MeasureTask, "kind">,
  rounds: number,
  signal: AbortSignal,
  progress: (words: string) => void,
): Promise<Record<MeasuredSystem, Measured[]>> {
  const results: Record<MeasuredSystem, Measured[]> = { limit: [], pipeline: [], plain: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of ["limit", "pipeline", "plain"] as const) {
      progress(`round ${round} of ${rounds}: ${kind}`);
      results[kind].push(await measureApart({ ...task, kind }, signal));
    }
  }
  return results;
}
