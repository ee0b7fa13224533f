import type { PipelineError } from "../core/errors.js";

/**
 * Waits for `wait`, or rejects with the pool's error when that comes first. What then still comes is handed to `unused`,
 * to be given back.
 */
export type UnlessStuck = <T>(wait: Promise<T>, unused: (value: T) => void) => Promise<T>;

/** Ends all waits of a pool that is stuck. One listener for all: `Promise.race` would keep one a picture as long as the pool lives. */
export function unlessStuck(stuck: Promise<PipelineError>): UnlessStuck {
  const waits = new Set<(error: PipelineError) => void>();
  let error: PipelineError | undefined;
  void stuck.then((why) => {
    error = why;
    for (const giveUp of waits) giveUp(why);
    waits.clear();
  });
  return (wait, unused) =>
    new Promise((resolve, reject) => {
      if (error) reject(error);
      else waits.add(reject);
      wait.then((value) => (waits.delete(reject) ? resolve(value) : unused(value)), (cause: Error) => {
        waits.delete(reject);
        reject(cause);
      });
    });
}
