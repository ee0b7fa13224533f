import type { Sink } from "../sinks/index.js";
import type { Published } from "../wire/index.js";

/** A sink that gives each stream one of its own. */
export interface FanOut extends Sink {
  /** Takes over the sink of a stream that has none yet. */
  add(stream: string, sink: Sink): void;
}

/** Makes it; a stream that was not added gets a sink by `make` with its first record. `closed` is done when all are closed. */
export function fanOut(name: string, make: (stream: string) => Sink, closed: () => Promise<void>): FanOut {
  const sinks = new Map<string, Sink>();
  let isClosed = false;
  const all = (): Sink[] => [...sinks.values()];
  const total = (of: (sink: Sink) => number | undefined): number => all().reduce((sum, sink) => sum + (of(sink) ?? 0), 0);
  const everyOne = async (does: (sink: Sink) => Promise<void>): Promise<void> => {
    const results = await Promise.allSettled(all().map(does));
    const failed = results.find((result) => result.status === "rejected");
    if (failed) throw failed.reason;
  };
  const sinkOf = ({ record: { stream } }: Published): Sink | undefined => {
    if (stream === undefined) return undefined;
    const known = sinks.get(stream);
    if (known !== undefined || isClosed) return known;
    const made = make(stream);
    sinks.set(stream, made);
    return made;
  };
  return {
    name,
    get bufferedBytes() {
      return total(({ bufferedBytes }) => bufferedBytes);
    },
    get dropped() {
      return total(({ dropped }) => dropped);
    },
    get writtenRecords() {
      return total(({ writtenRecords }) => writtenRecords);
    },
    get syncedRecords() {
      return total(({ syncedRecords }) => syncedRecords);
    },
    get trouble() {
      return all().find(({ trouble }) => trouble)?.trouble ?? null;
    },
    add: (stream, sink) => void sinks.set(stream, sink),
    write: (one) => sinkOf(one)?.write(one) ?? true,
    ready: () => everyOne((sink) => sink.ready()),
    flush: () => everyOne((sink) => sink.flush()),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      try {
        await everyOne((sink) => sink[Symbol.asyncDispose]());
      } finally {
        await closed();
      }
    },
  };
}
