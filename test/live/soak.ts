import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WebSocket } from "ws";
import { systemClock } from "../../src/core/clock.js";
import type { StreamStats } from "../../src/core/stats.js";
import type { FrameRecord, WireRecord } from "../../src/wire/index.js";
import { openSession } from "../../src/session/index.js";
import { directSink } from "../../src/sinks/index.js";
import { barsModel } from "../rig/bars-model.js";
import { told } from "../rig/deadline.js";
import { holdings, type Holdings } from "../rig/processes.js";
import { assertAccounted, settings } from "../support/session.js";
import { durationTally, median } from "./tally.js";
import { overloadedWorld, troubledWorld } from "./soak-worlds.js";

/** What is run, and for how long. */
export interface SoakPlan {
  readonly minutes: number;
  /** Ten times more frames than the pool can take, in place of cameras with all kinds of trouble. */
  readonly overload: boolean;
  /** Folder for the model. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** What a soak found. Durations in ms, sizes in bytes. */
export interface SoakReport {
  readonly minutes: number;
  readonly decoded: number;
  readonly outcomes: StreamStats["outcomes"];
  readonly skipped: StreamStats["skipped"];
  readonly epochs: number;
  readonly troubles: number;
  readonly notices: number;
  readonly mostNoticesASecond: number;
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly inferMs: { readonly p50: number; readonly p99: number };
  /** What p99 of the latency may be: `live.maxAgeMs` and three inferences. */
  readonly latencyBoundMs: number;
  readonly statsRecords: number;
  readonly rssAfterWarmUpBytes: number;
  readonly rssGrowthBytes: number;
  /** Descriptors, threads and children at the end over those after warm-up; what comes and goes with a connection included. */
  readonly growth: { readonly descriptors: number; readonly threads: number; readonly children: number };
  /** What must never happen and did, at most a few. */
  readonly broken: readonly string[];
}

const MAX_AGE_MS = 500;
const INFERENCES = 3;
const SAMPLE_EVERY_MS = 1000;
/** Shares of the run: caches and heap fill up in the first; memory is compared between the beginning and the end of the rest. */
const WARM_UP = 0.25;
const COMPARED = 0.2;
const MOST_TOLD = 5;

/** Runs for so long under watch. Never throws for what it finds: see `broken`. */
export async function soak({ minutes, overload, folder, say }: SoakPlan): Promise<SoakReport> {
  const stop = new AbortController();
  await using world = overload ? overloadedWorld() : await troubledWorld();
  const watch = watcher();
  const model = { path: barsModel(folder, world.loads) };
  const options = settings({ sources: world.sources, model, inference: { workers: world.workers }, serve: { port: 0 }, live: { maxAgeMs: MAX_AGE_MS, ...world.live } });
  const session = await openSession(options, {
    signal: stop.signal, clock: systemClock, version: "test", notice: watch.notice, extraSinks: [directSink("soak", ({ record }) => watch.take(record))],
  });
  const reader = await statsReader(session.url ?? "", (record) => watch.take(record));
  const samples: Holdings[] = [];
  const durationMs = minutes * 60_000;
  await new Promise<void>((resolve) => {
    const startedMs = systemClock.monotonicMs();
    // Bare, so that it keeps the process alive.
    const timer = setInterval(() => {
      const passedMs = systemClock.monotonicMs() - startedMs;
      if (isCompared(passedMs / durationMs)) collectGarbage();
      samples.push(lasting());
      if (passedMs > durationMs * WARM_UP) watch.warm();
      if (samples.length % 60 === 0) say(`${Math.round(passedMs / 60_000)} min: ${line(session.stats(), samples.at(-1)?.rssBytes ?? 0)}`);
      if (passedMs < durationMs) return;
      clearInterval(timer);
      resolve();
    }, SAMPLE_EVERY_MS);
  });
  reader.terminate();
  stop.abort();
  const last = await session.done;
  await session[Symbol.asyncDispose]();
  for (const { stream, inHouse } of last) if (inHouse !== 0) watch.broken.push(`${stream}: ${inHouse} frames are still in the house at the end`);
  return { minutes, troubles: world.troubles(), ...sums(last), ...watch.report(), ...growthOf(samples), broken: watch.broken.slice(0, MOST_TOLD) };
}

const isCompared = (share: number): boolean => share >= 1 - (1 - WARM_UP) * COMPARED || (share >= WARM_UP && share <= WARM_UP + (1 - WARM_UP) * COMPARED);

/** Before memory is compared: a minute is shorter than the time between two full collections, and what waits for one is no growth. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/**
 * What is held, less V8's nursery: between 2 and 32 MB, given back where little is made and taken again where much is, so that
 * it says how busy the last seconds were and not what is kept.
 */
function lasting(): Holdings {
  const all = holdings();
  const nurseryBytes = getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.physical_space_size ?? 0;
  return { ...all, rssBytes: all.rssBytes - nurseryBytes };
}

/** Stats records come by the feed alone. */
async function statsReader(url: string, take: (record: WireRecord) => void): Promise<WebSocket> {
  const socket = new WebSocket(new URL("ws", url.replace(/^http/, "ws")), "sightline.v1");
  await told(socket, "open", 10_000);
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString("utf8")) as WireRecord;
    if (message.type === "stats") take(message);
  });
  socket.send(JSON.stringify({ type: "subscribe", streams: ["*"], topics: ["stats"] }));
  return socket;
}

function watcher() {
  const latency = durationTally();
  const infer = durationTally();
  const broken: string[] = [];
  const newest = new Map<string, FrameRecord>();
  const noticesBySecond = new Map<number, number>();
  let isWarm = false;
  let statsRecords = 0;
  const frame = (record: FrameRecord): void => {
    const before = newest.get(record.stream);
    newest.set(record.stream, record);
    if (before && (record.frame <= before.frame || record.epoch < before.epoch)) broken.push(`${record.stream}: ${record.epoch}/${record.frame} after ${before.epoch}/${before.frame}`);
    if (!isWarm) return;
    latency.add(record.timesMs.total);
    if (record.timesMs.infer !== undefined) infer.add(record.timesMs.infer);
  };
  return {
    broken,
    warm: () => void (isWarm = true),
    notice() {
      // Each stream says at its start what it is and does.
      if (!isWarm) return;
      const second = Math.floor(systemClock.monotonicMs() / 1000);
      noticesBySecond.set(second, (noticesBySecond.get(second) ?? 0) + 1);
    },
    take(record: WireRecord): void {
      if (record.type === "frame") frame(record);
      if (record.type !== "stats") return;
      statsRecords += 1;
      try {
        assertAccounted(record);
      } catch (error) {
        broken.push(`${record.stream}: ${String(error)}`);
      }
    },
    report: () => ({
      latencyMs: { p50: latency.percentile(0.5), p95: latency.percentile(0.95), p99: latency.percentile(0.99) },
      inferMs: { p50: infer.percentile(0.5), p99: infer.percentile(0.99) },
      latencyBoundMs: MAX_AGE_MS + INFERENCES * infer.percentile(0.99),
      notices: [...noticesBySecond.values()].reduce((sum, n) => sum + n, 0),
      mostNoticesASecond: Math.max(0, ...noticesBySecond.values()),
      statsRecords,
    }),
  };
}

function sums(stats: readonly StreamStats[]): Pick<SoakReport, "decoded" | "outcomes" | "skipped" | "epochs"> {
  const add = <T extends Readonly<Record<string, number>>>(parts: readonly T[]): T =>
    Object.fromEntries(Object.keys(parts[0] ?? {}).map((key) => [key, parts.reduce((sum, part) => sum + (part[key] ?? 0), 0)])) as T;
  return {
    decoded: stats.reduce((sum, one) => sum + one.decoded, 0),
    epochs: stats.reduce((sum, one) => sum + one.epoch, 0),
    outcomes: add(stats.map(({ outcomes }) => outcomes)),
    skipped: add(stats.map(({ skipped }) => skipped)),
  };
}

function growthOf(samples: readonly Holdings[]): Pick<SoakReport, "rssAfterWarmUpBytes" | "rssGrowthBytes" | "growth"> {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const part = Math.max(1, Math.floor(warm.length * COMPARED));
  const middle = (key: keyof Holdings, some: typeof warm): number => median(some.map((sample) => sample[key]));
  const grown = (key: keyof Holdings): number => middle(key, warm.slice(-part)) - middle(key, warm.slice(0, part));
  return {
    rssAfterWarmUpBytes: middle("rssBytes", warm.slice(0, part)),
    rssGrowthBytes: grown("rssBytes"),
    growth: { descriptors: grown("descriptors"), threads: grown("threads"), children: grown("children") },
  };
}

function line(stats: readonly StreamStats[], rssBytes: number): string {
  const { decoded, outcomes, epochs } = sums(stats);
  return `${decoded} decoded, ${outcomes.detected} looked at, ${epochs} epochs, RSS ${(rssBytes / 1e6).toFixed(0)} MB`;
}

