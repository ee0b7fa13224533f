import { readFileSync } from "node:fs";
import { systemClock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import { detectLimits } from "../model/index.js";
import { loadModelInfo } from "../pool/index.js";
import { openSession, type SessionOptions } from "../session/index.js";
import { directSink } from "../sinks/index.js";
import { probeSource, readAddress } from "../source/index.js";
import { childrenPeakMb, coresUsed, cpuSeconds, MEMORY_EVERY, memoryMb, type CpuSeconds } from "./cpu.js";
import { measureDensity, type DensityTask } from "./density-measure.js";
import { measureLimit } from "./limit.js";
import { measurePlain } from "./plain.js";

/*
 * One measurement in a process of its own, so that peak memory and CPU time belong to it alone:
 *   echo '{"kind":"pipeline", ...}' | node measure.js   prints one JSON line.
 */

/** What one process measures. */
export interface MeasureTask {
  readonly kind: MeasuredSystem;
  readonly options: SessionOptions;
  readonly workers: number;
  readonly windowMs: number;
  /** Pipeline only: stop after so many records instead of after the window; 0 = by time. */
  readonly frames: number;
}

/** What is compared. */
export type MeasuredSystem = "limit" | "pipeline" | "plain";

/** CPU shares are in cores: 1 = one core fully used. */
export interface Measured {
  readonly fps: number;
  readonly peakMb: number;
  readonly ffmpegPeakMb: number;
  readonly firstRecordMs: number | null;
  readonly cores: CpuSeconds | null;
  readonly stagesMs: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Resident memory at every `MEMORY_EVERY` records, MB. */
  readonly memoryMb: readonly number[];
}

/** Records before the window opens: the first runs of a session are slower. */
const WARM_RECORDS = 20;

async function measure(task: MeasureTask): Promise<Measured> {
  if (task.kind === "pipeline") return measurePipeline(task);
  const { options, workers, windowMs } = task;
  const wish = { device: "auto" as const, ...options.inference };
  const { info } = await loadModelInfo(options.model.path, options.model);
  const fps = task.kind === "limit" ? await measureLimit(info, wish, workers, windowMs) : await plain();
  return { ...NOTHING_ELSE, fps, peakMb: memoryMb().peak };

  async function plain(): Promise<number> {
    const source = options.sources[0] ?? "";
    const size = await probeSource(await readAddress(source, options.source.ffmpegPath), options.source);
    const limits = detectLimits(info.labels, options.detect);
    return measurePlain(info, wish, source, size, limits, workers, windowMs);
  }
}

const NOTHING_ELSE = { ffmpegPeakMb: 0, firstRecordMs: null, cores: null, stagesMs: {}, latencyMs: null, memoryMb: [] };

/** (b) The whole product on a looped file: from the decoder to serialised records. */
async function measurePipeline({ options, workers, windowMs, frames }: MeasureTask): Promise<Measured> {
  const stop = new AbortController();
  const counter = countingSink(windowMs, frames, () => stop.abort());
  const session = await openSession(
    { ...options, inference: { ...options.inference, workers }, source: { ...options.source, loop: true } },
    { signal: stop.signal, clock: systemClock, version: "bench", notice: () => undefined, extraSinks: [counter.sink] },
  );
  const [stats] = await session.done;
  await session[Symbol.asyncDispose]();
  if (stats?.error) throw new Error(`${stats.error.code} ${stats.error.message}`);
  return { ...counter.result(), stagesMs: stats?.stagesMs ?? {}, latencyMs: stats?.latencyMs ?? null, peakMb: memoryMb().peak };
}

function countingSink(windowMs: number, frames: number, full: () => void) {
  let records = 0;
  let firstRecordMs = 0;
  let begin = { atMs: 0, cpu: null as CpuSeconds | null };
  let end = { ...begin, records: 0 };
  let ffmpegPeakMb = 0;
  const memory: number[] = [];

  function count(): void {
    records += 1;
    // The monotonic clock of a process starts with the process: this is "from command to first detection".
    if (records === 1) firstRecordMs = systemClock.monotonicMs();
    if (records === WARM_RECORDS) begin = { atMs: systemClock.monotonicMs(), cpu: cpuSeconds() };
    if (records % MEMORY_EVERY === 0) memory.push(memoryMb().now);
    if (records <= WARM_RECORDS || end.records > 0) return;
    const over = frames > 0 ? records >= frames : systemClock.monotonicMs() - begin.atMs >= windowMs;
    if (!over) return;
    end = { atMs: systemClock.monotonicMs(), cpu: cpuSeconds(), records };
    ffmpegPeakMb = childrenPeakMb();
    full();
  }

  return {
    sink: directSink("count", count),
    result() {
      const seconds = (end.atMs - begin.atMs) / 1000;
      const cores = coresUsed(begin.cpu, end.cpu, seconds);
      return { fps: (end.records - WARM_RECORDS) / seconds, firstRecordMs, ffmpegPeakMb, cores, memoryMb: memory };
    },
  };
}

const task = JSON.parse(readFileSync(0, "utf8") || "null") as MeasureTask | DensityTask | null;
if (task) {
  try {
    const measured = task.kind === "density" ? await measureDensity(task) : await measure(task);
    process.stdout.write(`${JSON.stringify(measured)}\n`);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
