import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { deferred } from "../core/lifetime.js";
import type { Sight } from "../doctor/index.js";
import type { FrameRecord } from "../wire/index.js";
import { openSession, type SessionOptions } from "../session/index.js";
import { directSink, type Sink } from "../sinks/index.js";
import { version } from "./package.js";

/** Longest wait for a first frame, ms. */
const SIGHT_TIMEOUT_MS = 60_000;

/**
 * Sends a source through the real pipeline until its first frame has a result, with one worker and nothing written.
 * @throws PipelineError of whatever can't be opened or fails
 */
export async function seeFirstFrame(settings: SessionOptions, source: string): Promise<Sight> {
  const options = { ...settings, sources: [source], streams: {}, inference: here(settings.inference), log: { path: null }, serve: null };
  const stopping = new AbortController();
  const first = deferred<FrameRecord>();
  const startedMs = systemClock.monotonicMs();
  const world = { signal: stopping.signal, clock: systemClock, version: version(), notice: () => undefined, extraSinks: [firstRecord(first.resolve)] };
  await using session = await openSession(options, world);
  const openedMs = systemClock.monotonicMs();
  // Disposed last to first: the streams are told to stop before the session waits for them.
  using _stop = { [Symbol.dispose]: () => stopping.abort() };
  const timer = setTimeout(() => stopping.abort(), SIGHT_TIMEOUT_MS);
  const record = await Promise.race([first.promise, session.done]).finally(() => clearTimeout(timer));
  if (!("type" in record)) {
    const error = record[0]?.error;
    throw new PipelineError(error?.code ?? "E_SOURCE_NO_FRAMES", error?.message ?? `${redactAddress(source)} gave no frame within ${SIGHT_TIMEOUT_MS} ms`);
  }
  if (record.outcome !== "detected") throw new PipelineError("E_INFERENCE_FAILED", record.error?.message ?? `the first frame ended as ${record.outcome}`);
  return {
    widthPx: record.widthPx,
    heightPx: record.heightPx,
    objects: record.objects,
    runtime: record.runtime,
    openMs: openedMs - startedMs,
    firstRecordMs: systemClock.monotonicMs() - openedMs,
  };
}

/** One worker of this machine: whether others are there is looked at by itself. */
function here(inference: SessionOptions["inference"]): SessionOptions["inference"] {
  return { ...inference, mode: inference.mode === "queue" ? "threads" : inference.mode, workers: 1 };
}

/** A sink that hands over the first frame's record and forgets the others. */
function firstRecord(found: (record: FrameRecord) => void): Sink {
  return directSink("first frame", ({ record }) => {
    if (record.type === "frame") found(record);
  });
}
