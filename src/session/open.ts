import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asPipelineError, type PipelineError } from "../core/errors.js";
import { Closers, deferred } from "../core/lifetime.js";
import type { StreamStats } from "../core/stats.js";
import type { Gateway } from "../gateway/index.js";
import { availableCores } from "../machine/index.js";
import { classIdsOf, type ModelInfo } from "../model/index.js";
import { numberedModel } from "../numbered/index.js";
import { loadModelInfo, openThreadPool, taskLimits, type InferencePool } from "../pool/index.js";
import { published, statsRecord } from "../record/index.js";
import { openJsonl, openStdout, type Sink } from "../sinks/index.js";
import type { Session, SessionOptions, World } from "./session.js";
import { streamNames } from "./names.js";
import { sinkGroup } from "./publisher.js";
import type { RunningStream, Shared } from "./stream.js";

/** How often the page gets figures, ms. */
const STATS_PERIOD_MS = 1000;

/**
 * Opens model, sinks and page, then sources and pool side by side: what is cheap and often wrong fails first. Then starts
 * all streams. Whatever was opened before an error is closed again.
 * @throws PipelineError of whatever can't be opened
 */
export async function openSession(options: SessionOptions, world: World): Promise<Session> {
  const closers = new Closers();
  try {
    return await open(options, world, closers);
  } catch (error) {
    await closers[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

async function open(options: SessionOptions, world: World, closers: Closers): Promise<Session> {
  const startedMs = world.clock.monotonicMs();
  const names = streamNames(options.sources);
  const model = await openModel(options, world, closers);
  const sinks = await openSinks(options, world, closers);
  const gateway = await openPage(options, names, world, closers);
  const workers = options.pool.workers === "auto" ? availableCores().cores : options.pool.workers;
  // A live stream picks the newest frame at the last moment; a file keeps the threads fed ahead of time.
  const depth = options.source.realtime ? 1 : 2;
  const limits = taskLimits({ ...options.detect, classIds: classIdsOf(model.labels, options.detect.classes) });
  const shared: Shared = { options, model, limits, clock: world.clock, startedMs, capacity: workers * depth };
  const [pool, opened] = await bothOrNone(
    openThreadPool({ ...options.pool, workers, depth, model }, world.clock).then((one) => closers.use(one)),
    allOrNone(
      options.sources.map(async (source, id) => {
        const { openStream } = await streamCode();
        return closers.use(await openStream(shared, id, names[id] ?? source, source, world.signal));
      }),
    ),
  );
  const { startStream } = await streamCode();
  const streams: RunningStream[] = [];
  const group = sinkGroup(sinks, (error) => stopAll(streams, error));
  for (const stream of opened) streams.push(closers.use(startStream(stream, shared, pool, group, gateway)));
  watchOver(streams, pool, world, closers);
  const done = finish(streams, sinks, world);
  tellStats(streams, gateway, world, closers, done);
  return {
    model,
    workers,
    url: gateway?.url ?? null,
    stats: () => streams.map((stream) => stream.stats()),
    done,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

/** RxJS takes as long to load as a model does, so it is loaded while the pool starts. */
const streamCode = () => import("./stream.js");

/**
 * Loading the model and looking at the sources take about as long, so they go side by side. When one fails the other is
 * awaited all the same: what it opened has to be closed. The sources' error goes first, it is the one people make.
 */
async function bothOrNone<A, B>(pool: Promise<A>, sources: Promise<B>): Promise<[A, B]> {
  const [one, other] = await Promise.allSettled([pool, sources]);
  if (other.status === "rejected") throw other.reason;
  if (one.status === "rejected") throw one.reason;
  return [one.value, other.value];
}

/** All results, or the first error once every one has settled: nothing may open behind the back of who closes. */
async function allOrNone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** Numbered frames are read by their own model: any other would see nothing in them. It is made where it is needed. */
async function openModel({ model, sources }: SessionOptions, { notice }: World, closers: Closers): Promise<ModelInfo> {
  const numbered = sources.length > 0 && sources.every((source) => source.startsWith("test:numbered"));
  let { path } = model;
  if (numbered) {
    const folder = await mkdtemp(join(tmpdir(), "sightline-"));
    closers.defer(() => rm(folder, { recursive: true, force: true }));
    path = join(folder, "numbered.onnx");
    await writeFile(path, numberedModel());
  }
  const { info, notices } = await loadModelInfo(path, { labels: model.labels });
  for (const message of notices) notice({ level: "info", message });
  return info;
}

async function openSinks({ output }: SessionOptions, { clock, extraSinks = [] }: World, closers: Closers): Promise<Sink[]> {
  const sinks = extraSinks.map((sink) => closers.use(sink));
  if (output.path === "-") sinks.push(closers.use(openStdout(process.stdout, clock)));
  else if (output.path !== null) sinks.push(closers.use(await openJsonl(output.path, clock)));
  return sinks;
}

/** The gateway's libraries are loaded only when something is served: they would cost every other start 100 ms. */
async function openPage({ serve }: SessionOptions, streams: string[], { clock, version }: World, closers: Closers): Promise<Gateway | null> {
  if (serve === null) return null;
  const { openGateway } = await import("../gateway/index.js");
  return closers.use(await openGateway({ ...serve, streams, version }, { clock }));
}

function stopAll(streams: readonly RunningStream[], error?: PipelineError): void {
  for (const stream of streams) stream.stop(error);
}

/** Stops the streams when the session is told to stop, or when the pool can't go on. */
function watchOver(streams: readonly RunningStream[], pool: InferencePool, { signal }: World, closers: Closers): void {
  const onAbort = (): void => stopAll(streams);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  closers.defer(() => signal.removeEventListener("abort", onAbort));
  void pool.stuck.then((error) => stopAll(streams, error));
}

/** How long a stopped session waits for its sinks, ms: a reader that reads no more must not keep it from ending. */
const FLUSH_AFTER_STOP_MS = 1000;

async function finish(streams: readonly RunningStream[], sinks: readonly Sink[], { signal, clock }: World): Promise<StreamStats[]> {
  await Promise.all(streams.map((stream) => stream.done));
  const givenUp = deferred<PromiseSettledResult<void>[]>();
  const giveUpLater = (): unknown => clock.after(FLUSH_AFTER_STOP_MS, () => givenUp.resolve([]));
  if (signal.aborted || streams.some((stream) => stream.stats().error?.code === "E_POOL_STUCK")) giveUpLater();
  else signal.addEventListener("abort", giveUpLater, { once: true });
  const results = await Promise.race([Promise.allSettled(sinks.map((sink) => sink.flush())), givenUp.promise]);
  signal.removeEventListener("abort", giveUpLater);
  const failed = results.find((result) => result.status === "rejected");
  const sinkError = failed && asPipelineError(failed.reason, "E_OUT_WRITE");
  return streams.map((stream) => {
    const stats = stream.stats();
    if (sinkError === undefined || stats.error !== null || sinkError.code === "E_STOPPED") return stats;
    return { ...stats, state: "failed", error: sinkError.toWire() };
  });
}

function tellStats(
  streams: readonly RunningStream[],
  gateway: Gateway | null,
  { clock }: World,
  closers: Closers,
  done: Promise<unknown>,
): void {
  if (gateway === null) return;
  const tell = (): void => {
    for (const stream of streams) gateway.publish(published(statsRecord(stream.stats(), clock.wallMs())));
  };
  closers.use(clock.every(STATS_PERIOD_MS, tell));
  void done.then(tell);
}
