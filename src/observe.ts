import { Observable } from "rxjs";
import { systemClock } from "./core/clock.js";
import { PipelineError } from "./core/errors.js";
import type { WireRecord } from "./wire/index.js";
import { openSession, type SessionOptions } from "./session/index.js";
import { directSink, type Sink } from "./sinks/index.js";

/**
 * A session as an Observable of records, in frame order for each stream. Subscribing opens it, unsubscribing stops it
 * cleanly. Completes when every stream has ended; errors with a PipelineError when one can't be opened or fails.
 * Records are handed over synchronously: keep `next` short, or a live stream skips frames and a file slows down.
 */
export function observe(options: SessionOptions): Observable<WireRecord> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const sink = directSink("observable", ({ record }) => subscriber.next(record));
    run(options, sink, stop.signal).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => stop.abort();
  });
}

async function run(options: SessionOptions, sink: Sink, signal: AbortSignal): Promise<void> {
  const world = { signal, clock: systemClock, version: "library", notice: () => undefined, extraSinks: [sink] };
  await using session = await openSession(options, world);
  const failed = (await session.done).find(({ state }) => state === "failed");
  if (failed?.error) throw new PipelineError(failed.error.code, failed.error.message);
}
