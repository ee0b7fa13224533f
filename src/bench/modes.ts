import { systemClock } from "../core/clock.js";
import { machineLine } from "../machine/index.js";
import { loadModelInfo } from "../pool/index.js";
import type { SessionOptions } from "../session/index.js";
import type { Measured } from "./measure.js";
import { findBroker, openQueueRig } from "./queue-rig.js";
import { measureApart, spread, type Spread } from "./rounds.js";
import { watchTreeMemory, type TreeMemory } from "./tree-memory.js";

/** One of the ways to run the model. */
export type Mode = SessionOptions["inference"]["mode"];
/** In this order they are measured: the others are compared with the first. */
const MODES = ["threads", "shared", "processes", "queue"] as const satisfies readonly Mode[];

/** What to compare, and how long. */
export interface ModesTask {
  /** Settings as for `run`, with one source: the file that is looped. */
  readonly session: SessionOptions;
  /** Model files. */
  readonly models: readonly string[];
  /** How many workers, in turn. */
  readonly counts: readonly number[];
  readonly rounds: number;
  /** Measured time of each in each round, s. */
  readonly seconds: number;
  /** The command as it was typed, for the report. */
  readonly command: string;
}

/** Figures of one mode with one model and so many workers. */
export interface ModeFigures {
  readonly mode: Mode;
  readonly fps: Spread;
  /** Against threads and against the limit, round by round: neighbours in time. */
  readonly toThreads: Spread;
  readonly toLimit: Spread;
  /** From capture to record, at full load, ms. */
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Of all processes together, FFmpeg, broker and workers included, MB. */
  readonly peakMb: Spread;
  /** From command to first record, ms; the queue's workers are there already. */
  readonly startMs: Spread;
}

/** One model with so many workers. */
export interface ModesBlock {
  readonly model: string;
  readonly workers: number;
  /** Bare sessions on ready tensors, frames a second. */
  readonly limit: Spread;
  readonly modes: readonly ModeFigures[];
}

/** What `bench --modes` gives back; `--json` prints it as it is. */
export interface ModesReport {
  readonly machine: string;
  readonly command: string;
  readonly source: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly blocks: readonly ModesBlock[];
  /** Modes that could not be measured here, with the reason. */
  readonly left: readonly { readonly mode: Mode; readonly why: string }[];
}

/** What the parts of a run need. */
export interface ModesWorld {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/** One measurement: the pipeline's figures, and the memory of all that took part. */
interface Run extends Measured {
  readonly treeMb: number;
}

/**
 * Measures all modes in turn, round by round, with each model and number of workers, with the limit beside.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_FFMPEG_*
 */
export async function runModes(task: ModesTask, world: ModesWorld): Promise<ModesReport> {
  const { session, models, counts, rounds, seconds, command } = task;
  const blocks: ModesBlock[] = [];
  const left = new Map<Mode, string>();
  for (const path of models) {
    const { info } = await loadModelInfo(path, { ...session.model });
    for (const workers of counts) {
      const name = `${info.id}, ${workers} worker${workers === 1 ? "" : "s"}`;
      const block = await measureBlock({ ...task, session: { ...session, model: { ...session.model, path } } }, workers, left, { ...world, progress: (words) => world.progress(`${name}: ${words}`) });
      blocks.push({ model: info.id, workers, ...block });
    }
  }
  const unmeasured = [...left].map(([mode, why]) => ({ mode, why }));
  return { machine: machineLine(), command, source: session.sources[0] ?? "", rounds, seconds, blocks, left: unmeasured };
}

async function measureBlock(task: ModesTask, workers: number, left: Map<Mode, string>, { signal, progress }: ModesWorld): Promise<Pick<ModesBlock, "limit" | "modes">> {
  const { session: options, seconds, rounds } = task;
  const windowMs = seconds * 1000;
  const limits: number[] = [];
  const runs = new Map<Mode, Run[]>();
  const broker = findBroker();
  if (broker === null) left.set("queue", "there is no nats-server on the PATH");
  for (let round = 1; round <= rounds; round += 1) {
    progress(`round ${round} of ${rounds}: limit`);
    limits.push((await measureApart({ kind: "limit", options, workers, windowMs, frames: 0 }, signal)).fps);
    for (const mode of MODES) {
      if (left.has(mode)) continue;
      progress(`round ${round} of ${rounds}: ${mode}`);
      await using rig = mode === "queue" && broker !== null ? await openQueueRig(broker, options, workers) : null;
      const run = await measureMode({ ...options, inference: { ...options.inference, ...rig?.inference, mode } }, workers, windowMs, rig?.pids ?? [], signal);
      runs.set(mode, [...(runs.get(mode) ?? []), run]);
    }
  }
  const threads = runs.get("threads") ?? [];
  return { limit: spread(limits), modes: [...runs].map(([mode, measured]) => figuresOf(mode, measured, threads, limits)) };
}

/** One mode once, with the memory of its own processes and of `others`. */
async function measureMode(options: SessionOptions, workers: number, windowMs: number, others: readonly number[], signal: AbortSignal): Promise<Run> {
  let memory: TreeMemory | undefined;
  try {
    const measured = await measureApart({ kind: "pipeline", options, workers, windowMs, frames: 0 }, signal, (pid) => (memory = watchTreeMemory([...others, pid], systemClock)));
    return { ...measured, treeMb: memory?.peakMb ?? 0 };
  } finally {
    memory?.[Symbol.dispose]();
  }
}

function figuresOf(mode: Mode, runs: readonly Run[], threads: readonly Run[], limits: readonly number[]): ModeFigures {
  return {
    mode,
    fps: spread(runs.map(({ fps }) => fps)),
    toThreads: spread(runs.map(({ fps }, round) => fps / threads[round]!.fps)),
    toLimit: spread(runs.map(({ fps }, round) => fps / limits[round]!)),
    p50Ms: spread(runs.map(({ latencyMs }) => latencyMs?.p50 ?? NaN)),
    p99Ms: spread(runs.map(({ latencyMs }) => latencyMs?.p99 ?? NaN)),
    peakMb: spread(runs.map(({ treeMb }) => treeMb)),
    startMs: spread(runs.map(({ firstRecordMs }) => firstRecordMs ?? NaN)),
  };
}
