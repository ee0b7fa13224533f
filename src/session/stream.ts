import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { Closers, deferred } from "../core/lifetime.js";
import type { StreamStats } from "../core/stats.js";
import type { GateView } from "../gate/index.js";
import type { Gateway } from "../gateway/index.js";
import { streamMeter, type StreamMeter } from "../metrics/index.js";
import type { ModelInfo } from "../model/index.js";
import { pace, type Pace } from "../order/index.js";
import { runPipeline, type PipelineParts } from "../pipeline.js";
import type { TaskLimits } from "../pool/index.js";
import { createRing, type FrameRing } from "../ring/index.js";
import type { InHouse } from "../rx/index.js";
import { isLiveName, openSource, type Source } from "../source/index.js";
import { bothOrNone } from "./both.js";
import { continued, type Numbers } from "./continued.js";
import { gateWords, streamGate, type RunningGate } from "./gate.js";
import { pictureSender, type PictureSender } from "./pictures.js";
import type { ModelPools } from "./pools.js";
import { publisher, type SinkGroup } from "./publisher.js";
import type { Notice, SessionOptions } from "./session.js";
import { isSame, limitsOf, type StreamSpec } from "./specs.js";
import type { Stagger } from "./stagger.js";
import { statePublisher, type StatePublisher } from "./states.js";

/** Slots beyond those that workers read: one is being written, one is ready. */
const SPARE_SLOTS = 2;

/** What all streams of a session share. */
export interface Shared {
  readonly serve: SessionOptions["serve"];
  readonly mode: SessionOptions["inference"]["mode"];
  readonly maxConsecutiveFailures: number;
  readonly clock: Clock;
  readonly pools: ModelPools;
  readonly sinks: SinkGroup;
  readonly gateway: Gateway | null;
  readonly stagger: Stagger;
  readonly streamCount: () => number;
  readonly notice: (notice: Notice) => void;
}

/** What stays of a stream when its source is changed under it. */
export interface StreamLife {
  readonly meter: StreamMeter;
  readonly inHouse: InHouse;
  readonly numbers: Numbers;
  /** What the meter says of the run that is on. */
  readonly now: {
    inHouseLimit: number;
    expectedFrames: () => number | null;
    /** Frames that were announced and have not left. */
    waiting: () => number;
    /** It was told that it goes on, not yet that it is live: a source that tells no states of its own leaves that to us. */
    owesLive: boolean;
  };
}

/** One stream as it is at this moment. */
export interface StreamLook {
  readonly spec: StreamSpec;
  readonly stats: StreamStats;
  /** Frames that have ended and wait for an earlier one. */
  readonly reordering: number;
  readonly gateView: RunningStream["gateView"];
}

/** A stream's life before its first run. */
export function streamLife(stream: string, labels: () => StreamSpec["labels"], numbers: Numbers, clock: Clock, startedMs: number): StreamLife {
  const inHouse = { count: 0 };
  const now: StreamLife["now"] = { inHouseLimit: 0, expectedFrames: () => null, waiting: () => 0, owesLive: false };
  const meter = streamMeter({
    stream,
    labels,
    inHouse,
    get inHouseLimit() {
      return now.inHouseLimit;
    },
    expectedFrames: () => now.expectedFrames(),
    monotonicMs: () => clock.monotonicMs(),
    startedMs,
  });
  return { meter, inHouse, numbers, now };
}

/** A stream that runs, or is about to. Disposing ends it at once; `done` settles then too. */
export interface RunningStream extends AsyncDisposable {
  /** Settles when the source is open, or the stream was stopped before. Rejects when it can't be opened. */
  readonly opened: Promise<void>;
  /** Settles when every frame has left and everything is closed. Never rejects: the meter knows how it ended. */
  readonly done: Promise<void>;
  /** Stops feeding; what is out comes home. With an error the stream ends as failed; with `pausing` it has not ended. */
  stop(error?: PipelineError, pausing?: boolean): void;
  /** After a pause nothing follows: it has ended. Nothing where that was told already. */
  conclude(): void;
  /** What the motion gate made of the newest frame; undefined where there is none. */
  gateView(): GateView | undefined;
  /** Takes over what may change under a running source. @throws PipelineError E_CONFIG when the model has no such class */
  adjust(spec: StreamSpec): void;
}

/** What a stream now is told to do, and what it needs to do it. */
interface Run {
  readonly id: number;
  readonly life: StreamLife;
  readonly shared: Shared;
  readonly stopping: AbortController;
  readonly closers: Closers;
  readonly states: StatePublisher;
  readonly gate: RunningGate;
  spec: StreamSpec;
  isDue: Pace;
  /** null until the model is known. */
  limits: TaskLimits | null;
  model: ModelInfo | null;
  /** Tells the pool the stream's weight; nothing until the stream has its seat. */
  weigh: () => void;
  /** Tells the source the wanted rate; nothing until it is open. */
  want: (maxFps: number | null) => void;
  failure: PipelineError | undefined;
}

/**
 * Starts a stream: model, ring and source are opened, then, once `begin` has settled, its frames flow. `id` is its own in
 * this process and never given again.
 */
export function startStream(id: number, spec: StreamSpec, life: StreamLife, begin: Promise<void>, shared: Shared): RunningStream {
  const states = statesOf(spec, life, shared);
  const run: Run = {
    gate: streamGate(spec.gate, { live: isLiveSpec(spec), meter: life.meter, clock: shared.clock }),
    id, life, shared, spec, states, stopping: new AbortController(), closers: new Closers(), isDue: pace(spec.live.maxFps),
    limits: null, model: null, weigh: () => undefined, want: () => undefined, failure: undefined,
  };
  const stopped = deferred();
  const opened = deferred();
  opened.promise.catch(() => undefined);
  let pauses = false;
  let isTold = false;

  function stop(error?: PipelineError, pausing = false): void {
    run.failure ??= error;
    pauses ||= pausing;
    run.stopping.abort();
    stopped.resolve();
  }

  async function live(): Promise<PipelineError | null> {
    try {
      const parts = await openParts(run, stop);
      opened.resolve();
      await Promise.race([begin, stopped.promise]);
      return await flow(run, parts);
    } catch (cause) {
      const error = asPipelineError(cause, "E_INTERNAL");
      if (run.stopping.signal.aborted) opened.resolve();
      else opened.reject(error);
      // What a stop interrupts fails as a consequence of it.
      return run.stopping.signal.aborted ? null : error;
    }
  }

  async function end(error: PipelineError | null): Promise<void> {
    const closing = await run.closers[Symbol.asyncDispose]().then(() => null, (cause: unknown) => asPipelineError(cause, "E_INTERNAL"));
    const why = run.failure ?? error ?? closing;
    if (!pauses || why) conclude(why);
  }

  function conclude(why: PipelineError | null): void {
    if (!isTold) states.over(why);
    isTold = true;
  }

  const done = live().then(end);
  return {
    opened: opened.promise,
    done,
    stop,
    conclude: () => conclude(null),
    gateView: () => run.gate.view(),
    adjust: (next) => adjust(run, next),
    async [Symbol.asyncDispose]() {
      stop();
      await done;
    },
  };
}

function statesOf(spec: StreamSpec, life: StreamLife, { sinks, gateway, clock, notice }: Shared): StatePublisher {
  return statePublisher({
    stream: spec.name, sinks, gateway, meter: life.meter, clock, isLive: isLiveByNature(spec), epochs: () => life.numbers.epochs,
    notice: (one) => notice({ ...one, stream: spec.name, labels: spec.labels }),
  });
}

/** Whether frames will come at the source's own pace. */
export function isLiveSpec({ source, sourceOptions }: StreamSpec): boolean {
  return isLiveName(source, sourceOptions.realtime);
}

function isLiveByNature({ source }: StreamSpec): boolean {
  return isLiveName(source, false);
}

type Parts = Omit<PipelineParts, "publish" | "watched" | "lookBegins"> & { readonly model: ModelInfo };

/** Opens everything a stream needs. What was opened is in the run's closers, whatever happens. */
async function openParts(run: Run, fail: (error: PipelineError) => void): Promise<Parts> {
  const { id, life, shared, spec, stopping, closers } = run;
  const { clock, pools } = shared;
  if (isLiveSpec(spec)) await shared.stagger(stopping.signal);
  stopping.signal.throwIfAborted();
  if (spec.sourceOptions.preprocess === "exact" && shared.mode === "queue") throw new PipelineError("E_CONFIG", `${spec.name}: source.preprocess is exact, inference.mode is queue; frames go over the broker at the model's size alone`);
  const use = closers.use(await pools.take(spec));
  const { info: model } = use;
  run.model = model;
  // Not `spec`: it may have been changed while the model was read.
  run.limits = limitsOf(run.spec, model);
  const slotBytes = 3 * model.inputWidthPx * model.inputHeightPx;
  const ring = createRing({ slots: use.capacity(isLiveSpec(spec)) + SPARE_SLOTS, slotBytes });
  const [pool, source] = await bothOrNone(use.pool, openRing(run, model, ring).then((one) => closers.use(one)));
  run.want = (maxFps) => source.want(maxFps);
  life.now.inHouseLimit = source.live ? use.capacity(true) + 1 : ring.layout.slots;
  life.now.expectedFrames = () => source.expectedFrames;
  return {
    model, source, ring, ringId: id, pool, clock, fail,
    meter: life.meter,
    inHouse: life.inHouse,
    limits: () => run.limits ?? limitsOf(run.spec, model),
    maxAgeMs: () => run.spec.live.maxAgeMs,
    gate: run.gate,
    isDue: (header, isPreferred) => (source.thins && header.ptsMs !== null) || run.isDue(header.ptsMs ?? header.capturedMonoMs, isPreferred),
    maxConsecutiveFailures: shared.maxConsecutiveFailures,
    sinksReady: () => shared.sinks.ready(),
    stateChanged(change) {
      if (change.state === "live") life.now.owesLive = false;
      run.states.changed(change);
    },
    onOrder: (waiting) => (life.now.waiting = waiting),
    stop: stopping.signal,
  };
}

/** Opens the source on its ring, its numbers going on where the stream's are. */
async function openRing({ spec, life, shared, stopping }: Run, model: ModelInfo, ring: FrameRing): Promise<Source> {
  const input = { widthPx: model.inputWidthPx, heightPx: model.inputHeightPx, letterbox: model.letterbox };
  const picture = shared.serve && { fps: shared.serve.pictureFps, widthPx: shared.serve.pictureWidthPx };
  const tell = (message: string): void => shared.notice({ level: "info", stream: spec.name, labels: spec.labels, message });
  const world = { clock: shared.clock, signal: stopping.signal, tell };
  const source = await openSource(spec.source, spec.name, { ...spec.sourceOptions, maxFps: spec.live.maxFps, streams: shared.streamCount(), input, picture, limits: spec.live, policy: spec.policy }, ring, world);
  return continued(source, life.numbers);
}

/** Lets the frames flow to their end. Returns the source's error, or null. */
async function flow(run: Run, { model, ...parts }: Parts): Promise<PipelineError | null> {
  const { id, spec, stopping, shared, life } = run;
  const { source, pool, clock } = parts;
  if (stopping.signal.aborted) return null;
  const { sinks, gateway, serve } = shared;
  using pictures: PictureSender = pictureSender(spec.name, source, gateway, serve?.pictureFps ?? 0, clock);
  const publish = publisher({ model, live: () => pool.live, sinks, gateway, meter: life.meter, clock });
  const close = (): void => {
    void source[Symbol.asyncDispose]();
    pool.finishing(id);
  };
  stopping.signal.addEventListener("abort", close);
  run.want(spec.live.maxFps);
  run.weigh = () => pool.join(id, { weight: run.spec.weight, newestFirst: source.live });
  run.weigh();
  if (!isLiveByNature(spec)) run.states.began();
  if (source.live) shared.notice({ level: "info", stream: spec.name, labels: spec.labels, message: gateWords(run.spec.gate) });
  try {
    return await runPipeline({
      ...parts,
      watched: () => pictures.watched,
      lookBegins: (header) => pictures.lookBegins(header),
      publish(ordered) {
        if (life.now.owesLive) parts.stateChanged({ type: "state", state: "live", epoch: ordered.outcome.header.epoch });
        publish(ordered);
        pictures.published(ordered.outcome.header);
      },
    });
  } catch (bug) {
    return asPipelineError(bug, "E_INFERENCE_FAILED");
  } finally {
    run.weigh = () => undefined;
    pool.leave(id);
  }
}

function adjust(run: Run, next: StreamSpec): void {
  if (run.model) run.limits = limitsOf(next, run.model);
  if (!isSame(next.gate, run.spec.gate)) run.gate.change(next.gate);
  else if (!isSame(next.detect, run.spec.detect)) run.gate.lookAnew();
  if (next.live.maxFps !== run.spec.live.maxFps) run.isDue = pace(next.live.maxFps);
  run.want(next.live.maxFps);
  run.spec = next;
  run.weigh();
}
