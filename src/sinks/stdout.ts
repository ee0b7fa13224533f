import type { Writable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { LineSink, type LineSinkLimits } from "./line-sink.js";
import type { Sink } from "./sink.js";
import type { WriteTarget } from "./target.js";

/** Writes into a stream that stays open when the sink closes. */
function streamTarget(stream: Writable, name: string): WriteTarget {
  // A stream tells an error to the write's callback and as an event; without a listener the event would end the process.
  const ignore = (): void => undefined;
  stream.on("error", ignore);
  return {
    name,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()));
      }),
    close: () => Promise.resolve(),
  };
}

/**
 * Makes a sink of `process.stdout`, or another stream. It is never ended by us. A reader that goes away (EPIPE) ends the sink
 * with E_STOPPED, which is no failure: closing then stays quiet.
 */
export function openStdout(stream: Writable, clock: Clock, limits?: Partial<LineSinkLimits>): Sink {
  return new LineSink(streamTarget(stream, "stdout"), clock, limits);
}
