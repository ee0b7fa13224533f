import { systemClock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { deferred, openWith, type Closers } from "../core/lifetime.js";
import type { StreamStats } from "../core/stats.js";
import type { Gateway, StreamControl } from "../gateway/index.js";
import { availableCores } from "../machine/index.js";
import { published, statsRecord } from "../wire/index.js";
import { lastFrames, openLog } from "../log/index.js";
import { openStdout, type Sink } from "../sinks/index.js";
import { applyOptions } from "./apply.js";
import type { Numbers } from "./continued.js";
import { tellDrops } from "./drops.js";
import { openLogbook } from "./logbook.js";
import { modelPools, type ModelPools } from "./pools.js";
import { pulseOf } from "./pulse.js";
import { sinkGroup } from "./publisher.js";
import { reportDesk } from "./reports.js";
import type { Session, SessionOptions, StreamOptions, World } from "./session.js";
import { specOf, specsOf, type StreamSpec } from "./specs.js";
import { stagger, STAGGER_MS } from "./stagger.js";
import type { Supervisor } from "./supervisor.js";
import { waitingFor } from "./waiting.js";

/** How often the page gets figures, ms. */
const STATS_PERIOD_MS = 1000;

/** Where nothing else is said: nobody is told, and only disposing stops it. */
const QUIET_WORLD = { clock: systemClock, version: "library", notice: () => undefined } satisfies Partial<World>;

/**
 * Opens the models of bare sources, sinks and page, then sources and pools side by side: what is cheap and often wrong
 * fails first. Then starts all streams; named ones are opened behind, each by itself. Whatever was opened before an error
 * is closed again.
 *
 * Models run in threads (or processes) of its own. While one runs, `process.exit()` and an error that nobody catches may
 * abort the whole process (SIGABRT): a run can't be ended from outside. So let go first and exit then:
 * `await session[Symbol.asyncDispose]()`, or `await using session = ...` and `process.exitCode`.
 * @throws PipelineError of whatever can't be opened
 */
export async function openSession(options: SessionOptions, outside: Partial<World> = {}): Promise<Session> {
  const world = { ...QUIET_WORLD, signal: new AbortController().signal, ...outside };
  return openWith((closers) => open(options, world, closers));
}

async function open(options: SessionOptions, outside: World, closers: Closers): Promise<Session> {
  const logbook = openLogbook(outside);
  const world: World = { ...outside, notice: logbook.notice };
  const startedMs = world.clock.monotonicMs();
  const specs = specsOf(options);
  const pools = closers.use(openPools(options, world, (error) => streams.stop(error)));
  pools.plan(specs);
  await allOrNone(specs.filter(({ atDoor }) => atDoor).map((spec) => pools.look(spec)));
  throwWhenStopped(world);
  const numbers = await numbersBefore(options, world);
  const late: { control?: StreamControl; isLive?: (spec: StreamSpec) => boolean } = {};
  const sinks = await openSinks(options, world, closers, { streams: specs.map(({ name }) => name), outlives: () => streams.specs().some((spec) => late.isLive?.(spec)) });
  const gateway = await openPage(options, specs, world, closers, () => late.control);
  throwWhenStopped(world);
  logbook.opened(gateway);
  const door = deferred();
  const { Supervisor, isLiveSpec } = await streamCode();
  late.isLive = isLiveSpec;
  const streams: Supervisor = closers.use(
    new Supervisor({
      serve: options.serve, mode: options.inference.mode, maxConsecutiveFailures: options.inference.maxConsecutiveFailures, clock: world.clock, pools, gateway, startedMs,
      sinks: sinkGroup(sinks, (error) => streams.stop(error)),
      stagger: stagger(STAGGER_MS, world.clock),
      streamCount: () => streams.specs().length,
      notice: world.notice,
      door: door.promise,
      numbers,
      onRemoved: (stats) => sayGoodbye(stats, gateway, world),
    }),
  );
  watchOver(streams, world, closers);
  await beginAll(streams, specs);
  door.resolve();
  // A stream that waits to connect again, and a frame that hangs in a thread, hold nothing themselves.
  const held = closers.use(world.clock.hold());
  const done = finish(streams, sinks, world).finally(() => held[Symbol.dispose]());
  tellFigures(streams, gateway, world, closers, done);
  const { session, current } = sessionOf({ options, world, closers, pools, streams, sinks, gateway, done });
  if (gateway !== null) late.control = (await controlCode()).streamControl({ session, streams, pools, sinks, options: current, api: world.api });
  return session;
}

/** What is being opened takes long on a busy machine, and a stop has its limit: no step begins that nobody wants any more. */
function throwWhenStopped({ signal }: World): void {
  if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped while it was being opened");
}

/** RxJS takes as long to load as a model does, so it is loaded while the model's file is read. */
const streamCode = async () => ({ ...(await import("./supervisor.js")), ...(await import("./stream.js")) });

/** It checks sources, whose code would be loaded before the model otherwise. */
const controlCode = () => import("./control.js");

/** Adds all streams; waits for those at the door. */
async function beginAll(streams: Supervisor, specs: readonly StreamSpec[]): Promise<void> {
  const running = specs.map((spec) => ({ spec, run: streams.add(spec) }));
  streams.begun();
  await allOrNone(running.filter(({ spec }) => spec.atDoor).map(({ run }) => run.opened));
}

/** All results, or the first error once every one has settled: nothing may open behind the back of who closes. */
async function allOrNone<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

interface Parts {
  readonly options: SessionOptions;
  readonly world: World;
  readonly closers: Closers;
  readonly pools: ModelPools;
  readonly streams: Supervisor;
  readonly sinks: readonly Sink[];
  readonly gateway: Gateway | null;
  readonly done: Promise<StreamStats[]>;
}

function sessionOf({ options, world, closers, pools, streams, sinks, gateway, done }: Parts): { readonly session: Session; readonly current: () => SessionOptions } {
  let current = options;
  let applying: Promise<void> = Promise.resolve();
  const withNew = (name: string, stream: StreamOptions): StreamSpec => {
    const spec = specOf(name, stream, current);
    pools.plan([...streams.specs().filter((one) => one.name !== name), spec]);
    return spec;
  };
  const session: Session = {
    models: () => pools.models(),
    workers: () => pools.workers(),
    url: gateway?.url ?? null,
    stats: () => streams.stats(),
    pulse: () => pulseOf([...streams.past(), ...streams.stats()], (name) => streams.specs().some((spec) => spec.name === name && pools.isWarm(spec)), pools.runsOut()),
    waitingFor: () => waitingFor(streams.stats(), pools.runsOut(), sinks),
    async add(name, stream) {
      if (!NAME.test(name)) throw new PipelineError("E_CONFIG", `${JSON.stringify(name)} is no name for a stream; allowed: 1 to 64 letters, digits, ".", "_" and "-"`);
      streams.add(withNew(name, stream));
      return Promise.resolve();
    },
    change: async (name, stream) => streams.change(withNew(name, stream)),
    remove: (name) => streams.remove(name),
    restart: (name) => streams.restart(name),
    pause: (name) => streams.pause(name),
    resume: (name) => streams.resume(name),
    apply(next) {
      // One after the other: two reloads at once would each see half of the other's streams.
      applying = applying.then(() => applyOptions(options, next, { streams, pools, notice: world.notice }));
      current = next;
      return applying;
    },
    done,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
  return { session, current: () => current };
}

const NAME = /^[A-Za-z0-9._-]{1,64}$/;

function openPools({ inference }: SessionOptions, { clock, notice }: World, onStuck: (error: PipelineError) => void): ModelPools {
  const workers = inference.workers === "auto" ? availableCores().cores : inference.workers;
  return modelPools({ limits: inference, workers, clock, notice, onStuck });
}

/** Where the log's numbers end, when it is gone on with. */
async function numbersBefore({ log }: SessionOptions, { continues = false }: World): Promise<Map<string, Numbers>> {
  if (!continues || log.path === null || log.path === "-") return new Map();
  return new Map([...(await lastFrames(log.path))].map(([stream, { frame, epoch }]) => [stream, { frames: frame + 1, epochs: epoch }]));
}

/** A run of files alone ends when its log can't be written; with a camera in it, it waits for better times. */
async function openSinks({ log }: SessionOptions, { clock, notice, extraSinks = [] }: World, closers: Closers, { streams, outlives }: { readonly streams: readonly string[]; readonly outlives: () => boolean }): Promise<Sink[]> {
  const sinks = extraSinks.map((sink) => closers.use(sink));
  if (log.path === "-") sinks.push(closers.use(openStdout(process.stdout, clock)));
  else if (log.path !== null) sinks.push(closers.use(await openLog({ ...log, path: log.path }, { clock, notice, outlives, streams })));
  return sinks;
}

/** The gateway's libraries are loaded only when something is served: they would cost every other start 100 ms. */
async function openPage({ serve, log }: SessionOptions, specs: readonly StreamSpec[], world: World, closers: Closers, control: () => StreamControl | undefined): Promise<Gateway | null> {
  if (serve === null) return null;
  const { clock, version, notice, api } = world;
  const { openGateway } = await import("../gateway/index.js");
  return closers.use(await openGateway({ ...serve, streams: specs.map(({ name }) => name), version, control, reports: closers.use(reportDesk(log.path, clock)), ...(api && { schemas: api }) }, { clock, notice }));
}

/** Those who watch see that it has ended; those who come later do not hear of it. */
function sayGoodbye(stats: StreamStats, gateway: Gateway | null, { clock }: World): void {
  gateway?.publish(published(statsRecord(stats, clock.wallMs())));
  gateway?.forget(stats.stream);
}

/** Stops the streams when the session is told to stop. */
function watchOver(streams: Supervisor, { signal }: World, closers: Closers): void {
  const onAbort = (): void => streams.stop();
  signal.addEventListener("abort", onAbort, { once: true });
  // It may have been told while it was being opened.
  if (signal.aborted) onAbort();
  closers.defer(() => signal.removeEventListener("abort", onAbort));
}

/** How long a stopped session waits for its sinks, ms: a reader that reads no more must not keep it from ending. */
const FLUSH_AFTER_STOP_MS = 1000;

async function finish(streams: Supervisor, sinks: readonly Sink[], { signal, clock }: World): Promise<StreamStats[]> {
  await streams.over;
  const givenUp = deferred<PromiseSettledResult<void>[]>();
  const giveUpLater = (): unknown => clock.after(FLUSH_AFTER_STOP_MS, () => givenUp.resolve([]));
  if (signal.aborted || streams.stats().some(({ error }) => error?.code === "E_POOL_STUCK")) giveUpLater();
  else signal.addEventListener("abort", giveUpLater, { once: true });
  const results = await Promise.race([Promise.allSettled(sinks.map((sink) => sink.flush())), givenUp.promise]);
  signal.removeEventListener("abort", giveUpLater);
  const failed = results.find((result) => result.status === "rejected");
  // Who was told to stop does not wait for a disk to come back: what waits is lost, and that is an error.
  const sinkError = failed ? asPipelineError(failed.reason, "E_OUT_WRITE") : lossOf(sinks);
  return [...streams.past(), ...streams.stats()].map((stats) => {
    if (sinkError === undefined || stats.error !== null || sinkError.code === "E_STOPPED") return stats;
    return { ...stats, state: "failed", error: sinkError.toWire() };
  });
}

function lossOf(sinks: readonly Sink[]): PipelineError | undefined {
  const failing = sinks.find(({ trouble, bufferedBytes = 0 }) => trouble && bufferedBytes > 0);
  if (!failing?.trouble) return undefined;
  return new PipelineError(failing.trouble.code, `${failing.trouble.message}; ${failing.bufferedBytes} bytes of records that waited are lost, and ${failing.dropped ?? 0} records before them`);
}

/** Figures for the page once a second, and a word about drops when there are any. */
function tellFigures(streams: Supervisor, gateway: Gateway | null, { clock, notice }: World, closers: Closers, done: Promise<unknown>): void {
  closers.use(tellDrops(() => streams.stats(), notice, clock));
  if (gateway === null) return;
  const tell = (): void => {
    for (const stats of streams.stats()) gateway.publish(published(statsRecord(stats, clock.wallMs())));
  };
  closers.use(clock.every(STATS_PERIOD_MS, tell));
  void done.then(tell);
}
