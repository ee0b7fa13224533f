import { connect, filter, merge, mergeMap, Observable, tap } from "rxjs";
import type { Clock } from "./core/clock.js";
import { PipelineError } from "./core/errors.js";
import type { FrameHeader, FrameOutcome } from "./core/frame.js";
import { deferred } from "./core/lifetime.js";
import type { StreamMeter } from "./metrics/index.js";
import { orderStart, orderStep, type OrderInput, type Ordered } from "./order/index.js";
import type { InferencePool, PoolAnswer, TaskLimits } from "./pool/index.js";
import type { FrameRing } from "./ring/index.js";
import { admit, machine, type AdmitGate, type InHouse } from "./rx/index.js";
import type { Source, SourceEvent } from "./source/index.js";

/** The parts of one stream; the session makes them. */
export interface PipelineParts {
  readonly source: Source;
  readonly ring: FrameRing;
  readonly ringId: number;
  readonly pool: InferencePool;
  readonly meter: StreamMeter;
  readonly inHouse: InHouse;
  readonly clock: Clock;
  /** What the stream wants to see. Like all that is asked for anew with each frame, it may change while the stream runs. */
  readonly limits: () => TaskLimits;
  readonly maxAgeMs: () => number;
  /** The most looks a second; frames in between are skipped as `max_fps`. Who watches prefers frames with a picture. */
  readonly isDue: (header: FrameHeader, isPreferred: boolean) => boolean;
  /** Sees each frame that is due and says whether nothing moves in it: then it ends as still. Left out = all are looked at. */
  readonly gate?: StreamGate;
  readonly maxConsecutiveFailures: number;
  readonly watched: () => boolean;
  /** Told when a frame that has a picture is sent to a worker: what is shelved may be pushed out before the answer comes. */
  readonly lookBegins: (header: FrameHeader) => void;
  /** Lets a lossless stream wait for its slowest sink; undefined = there is room. */
  readonly sinksReady: () => Promise<void> | undefined;
  /** Takes each ordered frame: makes the record and hands it to the sinks. */
  readonly publish: (ordered: Ordered) => void;
  /** Told how to ask how many frames were announced and have not left. */
  readonly onOrder?: (waiting: () => number) => void;
  /** Takes each change of a live source's state. */
  readonly stateChanged: (change: StateEvent) => void;
  /** Ends the stream early: it stops feeding, what is out comes home, then the pipeline settles. */
  readonly fail: (error: PipelineError) => void;
  readonly stop: AbortSignal;
}

/** What a pipeline needs of a motion gate. */
export interface StreamGate {
  isStill(event: FrameEvent): boolean;
  /** Told of each frame that ended or was skipped, asked about or not. */
  fact(fact: OrderInput): void;
}

/**
 * THE WIRING of one stream. Settles when the source has ended and every frame has left, with the source's error or null.
 *
 *   source ─► announce ─► gate ─► admit ─► pool ─► order ─► publish
 *                          └─ still ───────────────┘
 */
export function runPipeline(parts: PipelineParts): Promise<PipelineError | null> {
  const over = deferred<PipelineError | null>();
  let sourceError: PipelineError | null = null;
  eventsOf(parts, (error) => (sourceError = error))
    .pipe(
      connect((events) => merge(looked(events, parts), unlooked(events))),
      tap((fact) => {
        count(parts.meter, fact);
        parts.gate?.fact(fact);
      }),
      machine<ReturnType<typeof orderStart>, OrderInput, Ordered>(() => {
        const state = orderStart();
        parts.onOrder?.(() => state.waiting.size);
        return state;
      }, orderStep),
      tap((ordered) => parts.publish(ordered)),
      tap(failureWatch(parts)),
    )
    .subscribe({ error: over.reject, complete: () => over.resolve(sourceError) });
  return over.promise;
}

/** The source as an Observable. Completes also when the source failed: the frames before that still leave. */
function eventsOf({ source, stateChanged }: PipelineParts, onEnded: (error: PipelineError | null) => void): Observable<SourceEvent> {
  return new Observable((subscriber) => {
    source.start((event) => {
      if (event.type === "state") return stateChanged(event);
      if (event.type !== "ended") return subscriber.next(event);
      onEnded(event.error);
      subscriber.complete();
    });
  });
}

/** A change of state as a source tells it. */
export type StateEvent = Extract<SourceEvent, { type: "state" }>;
/** A frame as a source tells it. */
export type FrameEvent = Extract<SourceEvent, { type: "frame" }>;

/** Frames that may be looked at. */
function looked(events: Observable<SourceEvent>, parts: PipelineParts): Observable<OrderInput> {
  return events.pipe(
    filter((event): event is FrameEvent => event.type === "frame"),
    admit<FrameEvent>(
      {
        newestFirst: parts.source.live,
        maxAgeMs: parts.maxAgeMs,
        monotonicMs: () => parts.clock.monotonicMs(),
        isDue: (frame) => parts.isDue(frame.header, frame.hasPicture && parts.watched()),
        ...(parts.gate && { gate: gateFor(parts.gate, parts) }),
        watched: parts.watched,
        permit: () => permitFor(parts),
        returnPermit: () => parts.pool.returnPermit(parts.ringId),
        look: (frame, released) => look(frame, released, parts),
        stop: parts.stop,
      },
      parts.inHouse,
    ),
  );
}

/** Frames that are over as soon as they are announced: no slot was free, or the picture could not be decoded. */
function unlooked(events: Observable<SourceEvent>): Observable<OrderInput> {
  return events.pipe(
    mergeMap((event): OrderInput[] => {
      if (event.type !== "skipped" && event.type !== "broken") return [];
      const { header } = event;
      const announced: OrderInput = { type: "announced", frame: header.frame };
      if (event.type === "skipped") return [announced, { type: "skipped", frame: header.frame, cause: event.cause }];
      return [announced, { type: "ended", outcome: { kind: "failed", header, error: event.error.toWire() } }];
    }),
  );
}

/** A still frame's picture is shown all the same. */
function gateFor(gate: StreamGate, parts: PipelineParts): AdmitGate<FrameEvent> {
  return {
    isStill(event) {
      const isStill = gate.isStill(event);
      if (isStill && event.hasPicture) parts.lookBegins(event.header);
      return isStill;
    },
    room: () => roomFor(parts),
  };
}

/** A sink that has died rejects; the publisher reports it, and the frames that are still here end in vain. */
function roomFor({ sinksReady }: PipelineParts): Promise<void> | undefined {
  return sinksReady()?.catch(() => undefined);
}

async function permitFor(parts: PipelineParts): Promise<void> {
  if (!parts.source.live) await roomFor(parts);
  await parts.pool.permit(parts.ringId);
}

async function look({ header, lease, letterbox, rows, pixels, hasPicture }: FrameEvent, released: () => void, parts: PipelineParts): Promise<FrameOutcome> {
  const { ringId } = parts;
  if (hasPicture) parts.lookBegins(header);
  const { memory, layout, slot, generation } = lease;
  const task = { ringId, memory, layout, slot, generation, letterbox, rows, ...(pixels && { pixels }), limits: parts.limits() };
  const answer = await parts.pool.run(task, released);
  return outcomeOf(header, answer, parts.clock.monotonicMs());
}

function outcomeOf(header: FrameHeader, answer: PoolAnswer, nowMs: number): FrameOutcome {
  if (answer instanceof PipelineError) return { kind: "aborted", header, error: answer.toWire() };
  if (answer === "late") {
    const error = new PipelineError("E_FRAME_LATE", "no answer came before the deadline (inference.frameTimeoutMs)").toWire();
    return { kind: "late", header, error };
  }
  if (!answer.ok) return { kind: "failed", header, error: answer.error };
  const { detections, normaliseMs: normalise, inferMs: infer, decodeMs: decode } = answer;
  const queue = nowMs - header.capturedMonoMs - normalise - infer - decode;
  return { kind: "detected", header, detections, times: { queue, normalise, infer, decode } };
}

function count(meter: StreamMeter, fact: OrderInput): void {
  if (fact.type === "announced") meter.announced();
  else if (fact.type === "skipped") meter.skipped(fact.cause);
  else meter.ended(fact.outcome);
}

/** Ends the stream when too many frames fail one after another. */
function failureWatch({ maxConsecutiveFailures: limit, fail }: PipelineParts): (ordered: Ordered) => void {
  let inARow = 0;
  return ({ outcome }) => {
    if (outcome.kind === "still") return;
    inARow = outcome.kind === "failed" || outcome.kind === "late" ? inARow + 1 : 0;
    if (inARow !== limit || !("error" in outcome)) return;
    const last = `${outcome.error.code}: ${outcome.error.message}`;
    fail(new PipelineError("E_CONSECUTIVE_FAILURES", `${inARow} frames in a row (limit inference.maxConsecutiveFailures), the last with ${last}`));
  };
}
