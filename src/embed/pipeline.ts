import { Observable } from "rxjs";
import { settingsSchema, type Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { openSession, specsOf, type Notice, type SessionOptions } from "../session/index.js";
import { directSink, recordQueue, type Sink } from "../sinks/index.js";
import { isLiveName } from "../source/index.js";
import type { WireRecord } from "../wire/index.js";

/** How a pipeline is stopped, and who hears what it has to say. */
export interface EmbedWorld {
  /** Aborting stops all streams cleanly: what is under way still comes, then it ends. */
  readonly signal?: AbortSignal;
  /** Takes words for people: what is waited for, what was tried again. */
  readonly notice?: (notice: Notice) => void;
}

/** The settings as in the settings file (config/default.yaml), as far as they differ from their defaults. */
export type PipelineOptions = EmbedWorld & {
  readonly [Group in keyof Settings]?: Group extends "gate" ? Partial<Settings["gate"]> | Settings["gate"]["kind"] : Group extends "model" | "detect" | "inference" | "source" | "live" | "log" ? Partial<Settings[Group]> : Settings[Group];
} & {
  /** Records of each stream that wait for a loop that is not back yet: from there on a file waits, and a live stream loses its oldest. Default: 16. */
  readonly maxWaiting?: number;
};

/**
 * Records of one run, in frame order for each stream: as an Observable (`subscribe`; pushed, so keep it short), or as an
 * async iterator (`for await`; the loop sets the pace). Each subscription and each loop is a run of its own; leaving it
 * stops the run cleanly.
 */
export interface Pipeline extends Observable<WireRecord>, AsyncIterable<WireRecord> {}

const MOST_WAITING = 16;

/**
 * From sources to detections: frames are decoded, looked at in the mode and by as many instances as `inference` says, and
 * come back in order, each once. A loop that is slow holds a file back; of a live stream it loses the oldest records, told
 * by a `gap` record before the next one. It ends when every stream has, with a PipelineError when one could not be opened
 * or failed.
 *
 * While it runs, `process.exit()` and an error that nobody catches may abort the process (SIGABRT), since model runs can't
 * be ended: leave the loop, unsubscribe or abort the signal first.
 *
 * ```ts
 * for await (const record of pipeline({ sources: ["clip.mp4"], model: { path: "yolo11n.onnx" } })) console.log(record);
 * ```
 * @throws PipelineError E_CONFIG when the options are wrong; from the run, whatever can't be opened
 */
export function pipeline({ signal, notice, maxWaiting = MOST_WAITING, ...some }: PipelineOptions): Pipeline {
  const options = settingsOf(some);
  const world: EmbedWorld = { ...(signal && { signal }), ...(notice && { notice }) };
  return Object.assign(observe(options, world), { [Symbol.asyncIterator]: () => iterate(options, world, maxWaiting) });
}

/**
 * A session as an Observable of records, in frame order for each stream: `pipeline` for who has whole settings. Subscribing
 * opens it, unsubscribing stops it cleanly. Completes when every stream has ended; errors with a PipelineError when one
 * can't be opened or fails. Records are handed over synchronously: keep `next` short, or a live stream skips frames and a
 * file slows down.
 */
export function observe(options: SessionOptions, world: EmbedWorld = {}): Observable<WireRecord> {
  return new Observable((subscriber) => {
    const stop = new AbortController();
    const sink = directSink("observable", ({ record }) => subscriber.next(record));
    run(options, sink, world, stop.signal).then(
      () => subscriber.complete(),
      (error: unknown) => subscriber.error(error),
    );
    return () => stop.abort();
  });
}

async function* iterate(options: SessionOptions, world: EmbedWorld, maxWaiting: number): AsyncGenerator<WireRecord, void, undefined> {
  const stop = new AbortController();
  const files = new Set(specsOf(options).filter(({ source, sourceOptions }) => !isLiveName(source, sourceOptions.realtime)).map(({ name }) => name));
  const queue = recordQueue({ maxWaiting, waits: (stream) => files.has(stream) }, systemClock);
  const over = run(options, queue, world, stop.signal).then(() => queue.end(), (error: unknown) => queue.end(asPipelineError(error, "E_INTERNAL")));
  try {
    yield* queue.records();
  } finally {
    stop.abort();
    queue.end();
    await over;
  }
}

async function run(options: SessionOptions, sink: Sink, { signal, notice = () => undefined }: EmbedWorld, left: AbortSignal): Promise<void> {
  const stop = signal ? AbortSignal.any([signal, left]) : left;
  await using session = await openSession(options, { signal: stop, notice, extraSinks: [sink] });
  const failed = (await session.done).find(({ state }) => state === "failed");
  if (failed?.error) throw new PipelineError(failed.error.code, failed.error.message);
}

function settingsOf(some: object): Settings {
  const read = settingsSchema.safeParse(some);
  if (read.success) return read.data;
  throw new PipelineError("E_CONFIG", read.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`).join("\n"));
}
