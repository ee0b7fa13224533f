import { pause, systemClock } from "../core/clock.js";
import { deferred } from "../core/lifetime.js";
import type { StreamStats } from "../core/stats.js";
import { openSession, type Session, type SessionOptions, type StreamOptions } from "../session/index.js";
import { directSink } from "../sinks/index.js";
import { coresUsed, cpuSeconds, memoryMb, type CpuSeconds } from "./cpu.js";

/** So many streams at once, each played in real time. */
export interface DensityTask {
  readonly kind: "density";
  readonly options: SessionOptions;
  /** Files that the streams play in a loop, in turn: the n-th stream plays file n modulo their count. */
  readonly clips: readonly string[];
  readonly clipFps: number;
  readonly streams: number;
  /** Frames a second that are to be looked at, of each stream. */
  readonly wantedFps: number;
  readonly windowMs: number;
}

/** How a number of streams did. Shares are 0..1. */
export interface CarriedLoad {
  readonly streams: number;
  /** Of the wanted frames: not looked at, whatever the cause. */
  readonly skippedShare: number;
  /** Decoded frames against those that the clock says: below 1 the decoders do not keep up. */
  readonly decodedShare: number;
  readonly cores: CpuSeconds | null;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly peakMb: number;
}

/** From the last stream's first record until the window opens, ms: everybody has settled by then. */
const SETTLE_MS = 2000;
/** With a gate beside its hold time, ms: until it knows the scene everything is looked at, and that is held too. */
const GATE_LEARNS_MS = 2000;
/** Longest wait for every stream's first record, ms. */
const START_LIMIT_MS = 60_000;

/** Runs the streams and counts what becomes of their frames in the window. */
export async function measureDensity(task: DensityTask): Promise<CarriedLoad> {
  const stop = new AbortController();
  const first = firstRecords(task.streams);
  const world = { signal: stop.signal, clock: systemClock, version: "bench", notice: () => undefined, extraSinks: [first.sink] };
  await using session = await openSession({ ...task.options, sources: [], streams: streamsOf(task) }, world);
  using _late = systemClock.after(START_LIMIT_MS, () => first.all.reject(new Error(`not all of ${task.streams} streams started within ${START_LIMIT_MS} ms`)));
  try {
    await first.all.promise;
    await pause(settleMs(task.options), systemClock);
    const begin = snapshot(session);
    await pause(task.windowMs, systemClock);
    return compare(task, begin, snapshot(session));
  } finally {
    stop.abort();
    await session.done;
  }
}

const settleMs = ({ gate }: SessionOptions): number => SETTLE_MS + (gate?.kind === "motion" ? GATE_LEARNS_MS + gate.holdMs : 0);

function streamsOf({ clips, streams, wantedFps }: DensityTask): Record<string, StreamOptions> {
  const stream = (i: number): StreamOptions => ({ source: clips[i % clips.length] ?? "", maxFps: wantedFps, sourceOptions: { realtime: true, loop: true } });
  return Object.fromEntries(Array.from({ length: streams }, (_, i) => [`cam-${i + 1}`, stream(i)]));
}

function firstRecords(streams: number) {
  const all = deferred();
  all.promise.catch(() => undefined);
  const seen = new Set<string>();
  const sink = directSink("first records", ({ record }) => {
    if (record.type !== "frame") return;
    seen.add(record.stream);
    if (seen.size === streams) all.resolve();
  });
  return { sink, all };
}

interface Snapshot {
  readonly atMs: number;
  readonly cpu: CpuSeconds | null;
  readonly stats: readonly StreamStats[];
}

function snapshot(session: Session): Snapshot {
  return { atMs: systemClock.monotonicMs(), cpu: cpuSeconds(), stats: session.stats() };
}

function compare({ streams, clipFps, wantedFps }: DensityTask, begin: Snapshot, end: Snapshot): CarriedLoad {
  const seconds = (end.atMs - begin.atMs) / 1000;
  const grown = (of: (stats: StreamStats) => number): number => sum(end.stats, of) - sum(begin.stats, of);
  const skipped = grown(({ skipped: { max_fps: _, ...missed }, outcomes: { detected: __, still: ___, ...others } }) => {
    return [...Object.values(missed), ...Object.values(others)].reduce((total, n) => total + n, 0);
  });
  return {
    streams,
    skippedShare: skipped / (streams * wantedFps * seconds),
    decodedShare: grown(({ decoded }) => decoded) / (streams * clipFps * seconds),
    cores: coresUsed(begin.cpu, end.cpu, seconds),
    latencyMs: { p50: worst(end.stats, "p50"), p99: worst(end.stats, "p99") },
    peakMb: memoryMb().peak,
  };
}

function sum(stats: readonly StreamStats[], of: (stats: StreamStats) => number): number {
  return stats.reduce((total, one) => total + of(one), 0);
}

function worst(stats: readonly StreamStats[], which: "p50" | "p99"): number {
  return Math.max(...stats.map(({ latencyMs }) => latencyMs[which]));
}
