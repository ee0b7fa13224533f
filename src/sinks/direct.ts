import type { Published } from "../wire/index.js";
import type { Sink } from "./sink.js";

/** A sink without a buffer: each record goes to `take` at once, so there is always room. Keep `take` short; it must not throw. */
export function directSink(name: string, take: (published: Published) => void): Sink {
  return {
    name,
    write(published) {
      take(published);
      return true;
    },
    ready: () => Promise.resolve(),
    flush: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
