import { PipelineError } from "../core/errors.js";

/** Something that only one caller may use at a time: a model instance. */
export interface SingleCaller<In, Out> {
  run(input: In): Promise<Out>;
}

/**
 * Guards a model instance: a call while it is busy is refused, it never races.
 * @throws (from `run`) PipelineError E_INSTANCE_BUSY
 */
export function singleCaller<In, Out>(run: (input: In) => Promise<Out>): SingleCaller<In, Out> {
  let busy = false;
  return {
    async run(input) {
      if (busy) throw new PipelineError("E_INSTANCE_BUSY", "this model instance is in the middle of a run");
      busy = true;
      try {
        return await run(input);
      } finally {
        busy = false;
      }
    },
  };
}

/**
 * The one way to share an instance: callers are served one after another, first come first served. One caller's
 * failure does not touch the next. The line is as long as there are callers: bound them before.
 */
export function locked<In, Out>(instance: SingleCaller<In, Out>): SingleCaller<In, Out> {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(input) {
      const mine = last.then(() => instance.run(input));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
