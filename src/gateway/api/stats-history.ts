import type { StatsRecord } from "../../wire/index.js";
import { HISTORY_S } from "./schemas.js";

/** What a stream did in one period. */
export type Sample = Pick<StatsRecord, "at" | "state" | "decoded" | "outcomes" | "skipped" | "inHouse" | "fps" | "latencyMs">;

/** The figures of each stream over the last minutes, bounded. */
export interface StatsHistory {
  /** To be called once a second for each stream. */
  add(record: StatsRecord): void;
  forget(stream: string): void;
  /** Oldest first. */
  samples(stream: string): readonly Sample[];
}

/** Makes it, empty. */
export function statsHistory(): StatsHistory {
  const streams = new Map<string, Sample[]>();
  return {
    add({ stream, at, state, decoded, outcomes, skipped, inHouse, fps, latencyMs }) {
      let samples = streams.get(stream);
      if (samples === undefined) streams.set(stream, (samples = []));
      samples.push({ at, state, decoded, outcomes, skipped, inHouse, fps, latencyMs });
      if (samples.length > HISTORY_S) samples.shift();
    },
    forget: (stream) => void streams.delete(stream),
    samples: (stream) => streams.get(stream) ?? [],
  };
}
