import { open } from "node:fs/promises";
import type { Clock } from "../core/clock.js";
import { LineSink, type LineSinkLimits } from "./line-sink.js";

/** Writes to what is no regular file: a pipe, a terminal, /dev/full. There is no end to look at and nothing to sync. @throws the system's errors */
export async function openDevice(path: string, clock: Clock, limits?: Partial<LineSinkLimits>): Promise<LineSink> {
  const file = await open(path, "a");
  return new LineSink({
    name: path,
    async write(chunk) {
      for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
    },
    close: () => file.close(),
  }, clock, limits);
}
