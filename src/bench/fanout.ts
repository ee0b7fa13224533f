import { openGateway, type Gateway } from "../gateway/index.js";
import { pause, systemClock } from "../core/clock.js";
import { machineLine } from "../machine/index.js";
import { openBareServer, type BareServer } from "./fanout-bare.js";
import { besidePipelines, type PipelineFigures, type PipelineTask } from "./fanout-pipelines.js";
import type { Counted } from "./fanout-protocol.js";
import { frameMaker, memoryNow, publishSteadily, startClients, type Clients } from "./fanout-rig.js";
import { spread, type Spread } from "./rounds.js";

/** What to send to how many. */
export interface FanoutOptions {
  readonly clients: number;
  /** Records a second. */
  readonly rate: number;
  /** Objects of each record. */
  readonly objects: number;
  /** Measured time of each part. */
  readonly seconds: number;
  /** Clients that never read, in a part of their own. */
  readonly sleepers: number;
  /** Connections that ask for nothing, in a part of their own. */
  readonly idle: number;
  /** Turns of ours and the bare broadcast. */
  readonly rounds: number;
  /** Most higher rates that are tried. */
  readonly steps: number;
  /** Pipelines beside it; null = none. */
  readonly pipelines: PipelineTask | null;
  readonly command: string;
}

/** Delivery at a steady rate. */
export interface Delivery extends Counted {
  readonly published: number;
  /** Records a second that were published; less than was wanted when the server can't keep up. */
  readonly reachedRate: number;
  /** Growth of what the server holds from the middle of the time to its end, bytes. */
  readonly grownBytes: number;
}

/** What was found. */
export interface FanoutReport {
  readonly machine: string;
  readonly command: string;
  readonly options: FanoutOptions;
  readonly recordBytes: number;
  /** Of each connection at the server, bytes. */
  readonly perIdleConnection: { readonly rss: number; readonly held: number } | null;
  /** Only what is held: what idle connections left resident is used again. */
  readonly perSubscriber: { readonly held: number };
  readonly steady: Delivery;
  readonly withSleepers: (Delivery & { readonly sleepersConnected: number; readonly mostQueuedBytes: number }) | null;
  /** Deliveries a second, as fast as possible, in turn; and CPU of the server for each, µs. */
  readonly fastest: { readonly ours: Spread; readonly bare: Spread; readonly ratio: Spread; readonly cpuRatio: Spread; readonly oursUs: Spread; readonly bareUs: Spread };
  /** Rates that were tried beyond the wanted one, until they could not be reached, or delivery was no longer whole and in time. */
  readonly steps: readonly { readonly rate: number; readonly reachedRate: number; readonly p99Ms: number; readonly lost: number; readonly held: boolean }[];
  readonly pipelines: PipelineFigures | null;
}

interface FanoutWorld {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/** More records than the feed's history holds. */
const FILLING = 1000;
/** Before delivery is measured, both processes have done it for a while. */
const WARM_MS = 2000;
/** A rate that was published to less than this share was not reached. */
const REACHED = 0.97;
/** Beyond this, delivery is late. */
const LATE_MS = 100;
const FASTEST_WINDOW_MS = 2000;
const STEP = 1.5;
/** Steps are shorter than the measured parts: they only look for the place. */
const STEP_MS = 4000;
/** Below what the feed leaves to a socket, so that its own queue is not what is measured. */
const ROOM_BYTES = 128 * 1024;
/** After the last record: what is on its way may arrive. */
const SETTLE_MS = 1000;

/**
 * Sends made records through our own gateway to clients in another process, and beside it the same bytes through a bare `ws`.
 * @throws PipelineError E_BENCH
 */
export async function runFanout(options: FanoutOptions, { signal, progress }: FanoutWorld): Promise<FanoutReport> {
  using clients = startClients();
  const most = options.clients + options.idle + options.sleepers + 16;
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "bench", streams: ["bench"], maxClients: most, maxClientsPerAddress: most, maxConnections: most, maxConnectionsPerAddress: most }, { clock: systemClock });
  const rig = { options, clients, gateway, url: `${gateway.url.replace("http", "ws")}ws`, make: frameMaker(options.objects), signal };
  // What the feed keeps for those who come back is full before anything is weighed.
  for (let n = 0; n < FILLING; n += 1) gateway.publish(rig.make());
  progress(`${options.idle} idle connections`);
  const perIdleConnection = options.idle > 0 ? await idle(rig) : null;
  progress(`${options.clients} subscribers connect`);
  const { held } = await memoryOf(rig, "readers", options.clients, "reads");
  progress(`${options.rate} records a second to each`);
  await publishSteadily(() => gateway.publish(rig.make()), options.rate, WARM_MS, signal);
  const steady = await deliver(rig, options.rate, options.seconds * 1000);
  progress(`the same with ${options.sleepers} that never read`);
  const withSleepers = options.sleepers > 0 ? await sleepers(rig) : null;
  progress("as fast as possible, in turn with a bare broadcast");
  const fastest = await compareFastest(rig);
  const steps = await climb(rig, progress);
  const pipelines = options.pipelines && (await besidePipelines(options.pipelines, { ...rig, load: () => publishSteadily(() => gateway.publish(rig.make()), options.rate, options.seconds * 1000, signal), progress }));
  const { command } = options;
  return { machine: machineLine(), command, options, recordBytes: Buffer.byteLength(rig.make().line), perIdleConnection, perSubscriber: { held }, steady, withSleepers, fastest, steps, pipelines };
}

interface Rig {
  readonly options: FanoutOptions;
  readonly clients: Clients;
  readonly gateway: Gateway;
  readonly url: string;
  readonly make: ReturnType<typeof frameMaker>;
  readonly signal: AbortSignal;
}

async function memoryOf({ clients, url }: Rig, group: string, count: number, behaviour: "reads" | "idle"): Promise<{ rss: number; held: number }> {
  const before = memoryNow();
  await clients.tell({ kind: "connect", url, group, count, behaviour });
  await pause(SETTLE_MS, systemClock);
  const after = memoryNow();
  return { rss: (after.rss - before.rss) / count, held: (after.held - before.held) / count };
}

async function idle(rig: Rig): Promise<{ rss: number; held: number }> {
  const each = await memoryOf(rig, "idle", rig.options.idle, "idle");
  await rig.clients.tell({ kind: "leave", group: "idle" });
  await pause(SETTLE_MS, systemClock);
  return each;
}

/** Publishes steadily to the readers and counts what has arrived. */
async function deliver({ clients, gateway, make, signal }: Rig, rate: number, durationMs: number): Promise<Delivery> {
  const publish = (): void => gateway.publish(make());
  await clients.tell({ kind: "count", group: "readers" });
  const first = await publishSteadily(publish, rate, durationMs / 2, signal);
  const middle = memoryNow();
  const second = await publishSteadily(publish, rate, durationMs / 2, signal);
  await pause(SETTLE_MS, systemClock);
  const counts = await clients.tell({ kind: "count", group: "readers" });
  const published = first.count + second.count;
  return { ...counts, published, reachedRate: published / ((first.tookMs + second.tookMs) / 1000), grownBytes: memoryNow().held - middle.held };
}

async function sleepers(rig: Rig): Promise<FanoutReport["withSleepers"]> {
  const { clients, url, options, gateway } = rig;
  await clients.tell({ kind: "connect", url, group: "sleepers", count: options.sleepers, behaviour: "sleeps" });
  const delivery = await deliver(rig, options.rate, options.seconds * 1000);
  const mostQueuedBytes = Math.max(...gateway.loads().map(({ queuedBytes, socketBytes }) => queuedBytes + socketBytes));
  const { connected } = await clients.tell({ kind: "leave", group: "sleepers" });
  return { ...delivery, sleepersConnected: connected, mostQueuedBytes };
}

async function compareFastest(rig: Rig): Promise<FanoutReport["fastest"]> {
  const { clients, gateway, options, make } = rig;
  await using bare = await openBareServer();
  await clients.tell({ kind: "connect", url: bare.url, group: "bare", count: options.clients, behaviour: "reads" });
  const most = (): number => gateway.loads().reduce((sum, { socketBytes }) => Math.max(sum, socketBytes), 0);
  const rounds: { ours: Fastest; bare: Fastest }[] = [];
  for (let round = 0; round < options.rounds && !rig.signal.aborted; round += 1) {
    const ours = await fastest(clients, "readers", () => gateway.publish(make()), most);
    rounds.push({ ours, bare: await fastest(clients, "bare", () => bareSend(bare, make), () => bare.mostWaitingBytes()) });
  }
  await clients.tell({ kind: "leave", group: "bare" });
  return {
    ours: spread(rounds.map(({ ours }) => ours.rate)),
    bare: spread(rounds.map((one) => one.bare.rate)),
    ratio: spread(rounds.map((one) => one.ours.rate / one.bare.rate)),
    cpuRatio: spread(rounds.map((one) => one.bare.cpuUs / one.ours.cpuUs)),
    oursUs: spread(rounds.map(({ ours }) => ours.cpuUs)),
    bareUs: spread(rounds.map((one) => one.bare.cpuUs)),
  };
}

/** Both make the record and its bytes, once: it is the sending that is compared. */
const bareSend = (bare: BareServer, make: Rig["make"]): void => bare.send(Buffer.from(make().line));

interface Fastest {
  /** Deliveries a second. */
  readonly rate: number;
  /** Of the server, for each delivery. */
  readonly cpuUs: number;
}

/** Sends whenever there is room for everybody. */
async function fastest(clients: Clients, group: string, send: () => void, mostWaitingBytes: () => number): Promise<Fastest> {
  await clients.tell({ kind: "count", group });
  const startedMs = systemClock.monotonicMs();
  const cpu = process.cpuUsage();
  while (systemClock.monotonicMs() - startedMs < FASTEST_WINDOW_MS) {
    if (mostWaitingBytes() < ROOM_BYTES) send();
    await new Promise((resolve) => setImmediate(resolve));
  }
  while (mostWaitingBytes() > 0) await new Promise((resolve) => setImmediate(resolve));
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
  await pause(SETTLE_MS, systemClock);
  const { received } = await clients.tell({ kind: "count", group });
  return { rate: received / seconds, cpuUs: (user + system) / received };
}

/** Raises the rate until delivery is no longer whole and in time. */
async function climb(rig: Rig, progress: FanoutWorld["progress"]): Promise<FanoutReport["steps"]> {
  const steps: FanoutReport["steps"][number][] = [];
  for (let rate = rig.options.rate * STEP; steps.length < rig.options.steps && steps.at(-1)?.held !== false && !rig.signal.aborted; rate *= STEP) {
    progress(`${Math.round(rate)} records a second to each`);
    const { latencyMs, lost, least, published, reachedRate } = await deliver(rig, rate, STEP_MS);
    const held = latencyMs.p99 <= LATE_MS && lost === 0 && least === published && reachedRate >= REACHED * rate;
    steps.push({ rate, reachedRate, p99Ms: latencyMs.p99, lost, held });
  }
  return steps;
}
