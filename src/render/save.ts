import { asPipelineError, type PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { recordQueue, type Sink } from "../sinks/index.js";
import type { FrameRecord, WireRecord } from "../wire/index.js";
import type { Clip } from "./clip.js";
import { runTracker } from "./runs.js";
import { openRenderer, type RenderFigures, type RenderOptions, type RenderWorld } from "./render.js";

/** Frames whose records wait for the renderer: about two seconds. */
const MOST_WAITING = 64;

/** A render that gets its records while they are made. Disposing it before `finish` leaves nothing. */
export interface Saving extends AsyncDisposable {
  /** For the session of the clip, a file that waits for its sinks. */
  readonly sink: Sink;
  /** There are no more records: settles when the video is whole. */
  finish(): Promise<RenderFigures>;
}

/**
 * Opens the output and begins. The video is the same as one that is rendered from the log afterwards.
 * @throws PipelineError as `renderClip`
 */
export async function saveWhileRunning(clip: Clip, options: RenderOptions, world: RenderWorld): Promise<Saving> {
  const ending = new AbortController();
  const signal = AbortSignal.any([world.signal, ending.signal]);
  const queue = recordQueue({ maxWaiting: MOST_WAITING, waits: () => true }, world.clock);
  const failed = deferred<never>();
  failed.promise.catch(() => undefined);
  let failure: PipelineError | undefined;
  const renderer = await openRenderer(clip, options, { ...world, signal });
  const done = renderer.render(framesOf(queue.records())).catch((thrown: unknown) => {
    const error = asPipelineError(thrown, "E_INTERNAL");
    // A stop is nobody's failure: what still comes is let go by.
    if (!signal.aborted) failed.reject((failure = error));
    queue.end();
    throw error;
  });
  done.catch(() => undefined);
  return {
    sink: {
      ...queue,
      name: options.out,
      write: (published) => failure === undefined && queue.write(published),
      ready: () => Promise.race([queue.ready(), failed.promise]).then(() => throwIf(failure)),
      flush: () => Promise.resolve().then(() => throwIf(failure)),
    },
    async finish() {
      queue.end();
      return await done;
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await done.catch(() => undefined);
      await renderer[Symbol.asyncDispose]();
    },
  };
}

/** Those of the stream that was there first, until its clip is begun again: the API may add streams, and restart this one. */
async function* framesOf(records: AsyncIterable<WireRecord>): AsyncGenerator<FrameRecord, void, undefined> {
  const runOf = runTracker();
  let stream: string | undefined;
  for await (const record of records) {
    if (record.type !== "frame" || record.stream !== (stream ??= record.stream)) continue;
    if (runOf(record).number === 1) yield record;
  }
}

function throwIf(error: PipelineError | undefined): void {
  if (error) throw error;
}
