import type { Clock } from "../core/clock.js";
import { asPipelineError, type PipelineError } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import type { Gateway } from "../gateway/index.js";
import { streamMeter, type StreamMeter } from "../metrics/index.js";
import type { ModelInfo } from "../model/index.js";
import { pace } from "../order/index.js";
import { runPipeline, type PipelineParts } from "../pipeline.js";
import type { InferencePool } from "../pool/index.js";
import { createRing, type FrameRing } from "../ring/index.js";
import type { InHouse } from "../rx/index.js";
import { openSource, type Source, type SourceOptions } from "../source/index.js";
import type { SessionOptions } from "./session.js";
import { pictureSender, type PictureSender } from "./pictures.js";
import { publisher, type SinkGroup } from "./publisher.js";
import { statePublisher } from "./states.js";

/** Slots beyond those that workers read: one is being written, one is ready. */
const SPARE_SLOTS = 2;

/** What all streams of a session share. */
export interface Shared {
  readonly options: SessionOptions;
  readonly model: ModelInfo;
  readonly clock: Clock;
  readonly startedMs: number;
  /** Tasks that the pool can have out at once. */
  readonly capacity: number;
}

/** A stream that is open and does not run yet. */
export interface OpenedStream extends AsyncDisposable {
  readonly name: string;
  readonly id: number;
  readonly ring: FrameRing;
  readonly source: Source;
}

/** A stream that runs. Disposing ends it at once; `done` settles then too. */
export interface RunningStream extends AsyncDisposable {
  stats(): StreamStats;
  /** Stops feeding; what is out comes home. With an error the stream ends as failed. */
  stop(error?: PipelineError): void;
  readonly done: Promise<void>;
}

/** Opens the source and its ring. Throws what the source throws. */
export async function openStream(shared: Shared, id: number, name: string, source: string, signal: AbortSignal): Promise<OpenedStream> {
  const { model, options, clock, capacity } = shared;
  const slotBytes = 3 * model.inputWidthPx * model.inputHeightPx;
  const ring = createRing({ slots: capacity + SPARE_SLOTS, slotBytes });
  const input = { widthPx: model.inputWidthPx, heightPx: model.inputHeightPx, letterbox: model.letterbox };
  const picture = options.serve && { fps: options.serve.pictureFps, widthPx: options.serve.pictureWidthPx };
  const settings: SourceOptions = { ...options.source, input, picture, limits: options.live };
  const opened = await openSource(source, name, settings, ring, { clock, signal });
  return { name, id, ring, source: opened, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
}

/** Starts an opened stream on the pool. */
export function startStream(
  opened: OpenedStream,
  shared: Shared,
  pool: InferencePool,
  sinks: SinkGroup,
  gateway: Gateway | null,
): RunningStream {
  const { name, ring, source } = opened;
  const { options, clock } = shared;
  const inHouse: InHouse = { count: 0 };
  const stopping = new AbortController();
  let failure: PipelineError | undefined;
  const meter = streamMeter({
    stream: name,
    inHouse,
    inHouseLimit: source.live ? pool.capacity + 1 : ring.layout.slots,
    expectedFrames: () => source.expectedFrames,
    monotonicMs: () => clock.monotonicMs(),
    startedMs: shared.startedMs,
  });
  const pictures = pictureSender(name, source, gateway, options.serve?.pictureFps ?? 0, clock);

  function stop(error?: PipelineError): void {
    failure ??= error;
    if (stopping.signal.aborted) return;
    stopping.abort();
    void source[Symbol.asyncDispose]();
  }

  async function end(error: PipelineError | null): Promise<void> {
    pictures[Symbol.dispose]();
    await source[Symbol.asyncDispose]();
    states.over(error);
  }

  const states = statePublisher({ stream: name, sinks, gateway, meter, clock });
  const parts = pipelineParts(opened, shared, pool, sinks, gateway, meter, pictures);
  const done = runPipeline({ ...parts, inHouse, stateChanged: states.changed, fail: stop, stop: stopping.signal }).then(
    (sourceError) => end(failure ?? sourceError),
    (bug: unknown) => end(asPipelineError(bug, "E_INFERENCE_FAILED")),
  );
  return {
    stats: () => meter.stats(),
    stop,
    done,
    async [Symbol.asyncDispose]() {
      stop();
      await done;
    },
  };
}

function pipelineParts(
  { id, ring, source }: OpenedStream,
  { options, model, clock }: Shared,
  pool: InferencePool,
  sinks: SinkGroup,
  gateway: Gateway | null,
  meter: StreamMeter,
  pictures: PictureSender,
): Omit<PipelineParts, "inHouse" | "stateChanged" | "fail" | "stop"> {
  const publish = publisher({ model, sinks, gateway, meter, clock });
  const isDue = pace(options.live.maxFps);
  return {
    source, ring, ringId: id, pool, meter, clock,
    maxAgeMs: options.live.maxAgeMs,
    isDue: (header) => isDue(header.ptsMs ?? header.capturedMonoMs),
    maxConsecutiveFailures: options.pool.maxConsecutiveFailures,
    watched: () => pictures.watched,
    sinksReady: () => sinks.ready(),
    publish(ordered) {
      publish(ordered);
      pictures.published(ordered.outcome.header);
    },
  };
}
