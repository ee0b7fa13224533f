import { threadId } from "node:worker_threads";
import { PipelineError } from "../core/errors.js";

/** Something that only one caller may use at a time, in the thread that made it: a model instance. Disposing waits for the call that runs. */
export interface SingleCaller<In, Out> extends AsyncDisposable {
  run(input: In): Promise<Out>;
}

/** What a test may replace, and what is to be closed. */
export interface CallerWorld {
  readonly close?: () => PromiseLike<void>;
  /** Number of the thread that runs this. */
  readonly currentThread?: () => number;
}

/**
 * Guards a model instance: a call while it is busy, from another thread or after closing is refused, it never races.
 * @throws (from `run`) PipelineError E_INSTANCE_BUSY, E_INSTANCE_THREAD, E_INSTANCE_CLOSED
 */
export function singleCaller<In, Out>(run: (input: In) => Promise<Out>, { close, currentThread = () => threadId }: CallerWorld = {}): SingleCaller<In, Out> {
  const home = currentThread();
  let running: Promise<unknown> | undefined;
  let closing: Promise<void> | undefined;

  async function closeOnceIdle(): Promise<void> {
    await running?.catch(() => undefined);
    await close?.();
  }

  return {
    async run(input) {
      const here = currentThread();
      if (here !== home) throw new PipelineError("E_INSTANCE_THREAD", `this model instance belongs to thread ${home} and was called by thread ${here}`);
      if (closing) throw new PipelineError("E_INSTANCE_CLOSED", "this model instance was closed");
      if (running) throw new PipelineError("E_INSTANCE_BUSY", "this model instance is in the middle of a run");
      try {
        const mine = run(input);
        running = mine;
        return await mine;
      } finally {
        running = undefined;
      }
    },
    [Symbol.asyncDispose]: () => (closing ??= closeOnceIdle()),
  };
}
