import { pause, systemClock } from "../core/clock.js";
import { openSession, type SessionOptions } from "../session/index.js";
import { directSink, type Sink } from "../sinks/index.js";
import type { Clients } from "./fanout-rig.js";

/** Pipelines to run beside the fan-out, of one clip. */
export interface PipelineTask {
  readonly session: SessionOptions;
  readonly workers: number;
  readonly seconds: number;
  /** Subscribers of the live one. */
  readonly liveSubscribers: number;
}

/** What they did. */
export interface PipelineFigures {
  /** A file as fast as it goes, alone and beside the fan-out. */
  readonly file: { readonly aloneFps: number; readonly besideFps: number; readonly disordered: number; readonly lost: number };
  /** The file in real time: capture to publish, with nobody and with everybody watching. */
  readonly live: { readonly subscribers: number; readonly aloneP99Ms: number; readonly watchedP99Ms: number };
}

interface PipelineWorld {
  readonly clients: Clients;
  /** Loads the gateway of the bench as in the steady part. */
  readonly load: () => Promise<unknown>;
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

const WARM_MS = 3000;

/** Measures a file pipeline beside the load, then a live one with its own subscribers. */
export async function besidePipelines(task: PipelineTask, world: PipelineWorld): Promise<PipelineFigures> {
  world.progress("a file pipeline, alone and beside it");
  const file = await filePipeline(task, world);
  world.progress(`a live pipeline, alone and with ${task.liveSubscribers} subscribers`);
  return { file, live: await livePipeline(task, world) };
}

/** Counts records, and checks that their numbers follow each other: of a file no frame may be left out. */
function orderedSink() {
  let last = -1;
  const counts = { records: 0, disordered: 0, lost: 0, totalMs: [] as number[] };
  const sink: Sink = directSink("order", ({ record }) => {
    if (record.type !== "frame") return;
    counts.records += 1;
    if (record.frame <= last) counts.disordered += 1;
    else counts.lost += record.frame - last - 1;
    last = record.frame;
    counts.totalMs.push(record.timesMs.total);
  });
  return { sink, counts };
}

async function withSession<T>({ session, workers }: PipelineTask, more: Partial<SessionOptions> & { readonly realtime: boolean }, outside: AbortSignal, use: (counts: ReturnType<typeof orderedSink>["counts"], url: string | null) => Promise<T>): Promise<T> {
  const { realtime, ...rest } = more;
  const stop = new AbortController();
  const { sink, counts } = orderedSink();
  const options = { ...session, ...rest, inference: { ...session.inference, workers }, source: { ...session.source, loop: true, realtime } };
  await using running = await openSession(options, { signal: AbortSignal.any([stop.signal, outside]), clock: systemClock, version: "bench", notice: () => undefined, extraSinks: [sink] });
  try {
    await pause(WARM_MS, systemClock, outside);
    return await use(counts, running.url);
  } finally {
    stop.abort();
    await running.done;
  }
}

function filePipeline(task: PipelineTask, { load, signal }: PipelineWorld): Promise<PipelineFigures["file"]> {
  return withSession(task, { realtime: false, serve: null }, signal, async (counts) => {
    const fps = async (meanwhile: () => Promise<unknown>): Promise<number> => {
      const [records, startedMs] = [counts.records, systemClock.monotonicMs()];
      await meanwhile();
      return (counts.records - records) / ((systemClock.monotonicMs() - startedMs) / 1000);
    };
    const aloneFps = await fps(() => pause(task.seconds * 1000, systemClock, signal));
    return { aloneFps, besideFps: await fps(load), disordered: counts.disordered, lost: counts.lost };
  });
}

function livePipeline(task: PipelineTask, { clients, signal }: PipelineWorld): Promise<PipelineFigures["live"]> {
  const serve = { host: "127.0.0.1", port: 0, pictureFps: 10, pictureWidthPx: 960, maxClients: 10_000, maxClientsPerAddress: 10_000, maxConnections: 10_000, maxConnectionsPerAddress: 10_000 };
  return withSession(task, { realtime: true, serve }, signal, async (counts, url) => {
    const p99 = async (): Promise<number> => {
      const from = counts.totalMs.length;
      await pause(task.seconds * 1000, systemClock, signal);
      const sorted = counts.totalMs.slice(from).sort((a, b) => a - b);
      return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
    };
    const aloneP99Ms = await p99();
    await clients.tell({ kind: "connect", url: `${url!.replace("http", "ws")}ws`, group: "live", count: task.liveSubscribers, behaviour: "reads" });
    const watchedP99Ms = await p99();
    await clients.tell({ kind: "leave", group: "live" });
    return { subscribers: task.liveSubscribers, aloneP99Ms, watchedP99Ms };
  });
}
