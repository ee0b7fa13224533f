import type { Clock } from "../core/clock.js";
import { asPipelineError, type PipelineError } from "../core/errors.js";
import type { Gateway } from "../gateway/index.js";
import type { StreamMeter } from "../metrics/index.js";
import type { ModelInfo } from "../model/index.js";
import { runtimeOf, type LiveDevices } from "../pool/index.js";
import type { Ordered } from "../order/index.js";
import { frameRecord, published, type Published } from "../wire/index.js";
import type { Sink } from "../sinks/index.js";


const NONE = {};

/** All sinks of a session, seen as one. A sink that has died ends the session: its records can't be had any more. */
export interface SinkGroup {
  write(record: Published): void;
  /** Settles when every sink has room; undefined when all have now. */
  ready(): Promise<void> | undefined;
}

/** Joins sinks. `onDead` is called once with the first error. */
export function sinkGroup(sinks: readonly Sink[], onDead: (error: PipelineError) => void): SinkGroup {
  const full = new Map<Sink, Promise<void>>();
  let dead = false;

  function wait(sink: Sink): void {
    if (full.has(sink) || dead) return;
    const room = sink.ready().then(
      () => void full.delete(sink),
      (cause: unknown) => {
        full.delete(sink);
        if (dead) return;
        dead = true;
        onDead(asPipelineError(cause, "E_OUT_WRITE"));
      },
    );
    full.set(sink, room);
  }

  return {
    write(record) {
      for (const sink of sinks) if (!sink.write(record)) wait(sink);
    },
    ready: () => (full.size === 0 ? undefined : Promise.all(full.values()).then(() => undefined)),
  };
}

/** Whom a publisher serves. */
export interface PublisherParts {
  readonly model: ModelInfo;
  /** What runs the model now. */
  readonly live: () => LiveDevices;
  readonly sinks: SinkGroup;
  readonly gateway: Gateway | null;
  readonly meter: StreamMeter;
  readonly clock: Clock;
}

/** Makes each ordered frame's record, once, and hands it to everybody. */
export function publisher({ model, live, sinks, gateway, meter, clock }: PublisherParts): (ordered: Ordered) => void {
  return ({ outcome, skipped, unchangedSince }) => {
    const totalMs = clock.monotonicMs() - outcome.header.capturedMonoMs;
    const { queue, normalise, infer, decode } = outcome.kind === "detected" ? outcome.times : NO_TIMES;
    const record = frameRecord(outcome, {
      modelId: model.id,
      runtime: runtimeOf(live()),
      labels: model.labels,
      publishedAtMs: clock.wallMs(),
      // What the stages do not explain was waiting for earlier frames.
      orderMs: outcome.kind === "detected" ? totalMs - queue - normalise - infer - decode : 0,
      totalMs,
      skipped: skipped ?? NONE,
      ...(unchangedSince !== undefined && { unchangedSince }),
    });
    const once = published(record);
    sinks.write(once);
    gateway?.publish(once);
    meter.published(outcome.kind === "still" ? null : totalMs, record.objects);
  };
}

const NO_TIMES = { queue: 0, normalise: 0, infer: 0, decode: 0 };
