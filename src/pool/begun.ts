import type { Worker } from "node:worker_threads";
import { messageOf, PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";

/** The part of Piscina that is watched. */
export interface ThreadGroup {
  readonly threads: readonly Worker[];
  on(event: "workerDestroy", listener: () => void): unknown;
}

/** What is known of a pool's threads beyond their answers. */
export interface ThreadWatch {
  /** Settles when no thread is loading its model, or running it for the first time: until then none may be ended. */
  begun(): Promise<void>;
  /** Settles with E_INTERNAL when a thread met an error that nobody caught. Else never. */
  readonly broken: Promise<PipelineError>;
}

/** Watches the threads that are there and those that take the place of one that has ended. */
export function watchThreads(group: ThreadGroup): ThreadWatch {
  const known = new WeakSet<Worker>();
  const beginning = new Set<Worker>();
  const broken = deferred<PipelineError>();
  let quiet = deferred();

  function look(): void {
    for (const thread of group.threads) {
      if (known.has(thread)) continue;
      known.add(thread);
      beginning.add(thread);
      const over = (): void => {
        beginning.delete(thread);
        if (beginning.size > 0) return;
        quiet.resolve();
        quiet = deferred();
      };
      // The first message says that the program is loaded, and with it the model.
      thread.once("message", over);
      thread.once("exit", over);
      thread.once("error", (cause) => broken.resolve(new PipelineError("E_INTERNAL", `a worker thread met an error that nobody caught: ${messageOf(cause)}`, { cause })));
    }
  }

  look();
  // It is told before the next thread is made.
  group.on("workerDestroy", () => setImmediate(look));
  return {
    begun: () => (beginning.size === 0 ? Promise.resolve() : quiet.promise),
    broken: broken.promise,
  };
}
