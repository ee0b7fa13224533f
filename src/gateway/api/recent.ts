import type { FrameRecord, StatsRecord, WireRecord } from "../../wire/index.js";
import { HISTORY_S } from "./schemas.js";

/** Frame records of each stream that are kept, so that a picture finds the boxes of its own frame: four seconds at 30 a second. */
const KEPT_FRAMES = 128;
/** One a second. */
const KEPT_STATS = HISTORY_S;

/** What a stream did in one period. */
export type Sample = Pick<StatsRecord, "at" | "state" | "decoded" | "outcomes" | "skipped" | "inHouse" | "fps" | "latencyMs">;

/** The last records of each stream, bounded. */
export interface Recent {
  add(record: WireRecord): void;
  forget(stream: string): void;
  /** The newest frame record. */
  newest(stream: string): FrameRecord | undefined;
  /** The record of one frame, as long as it is kept. */
  frame(stream: string, epoch: number, frame: number): FrameRecord | undefined;
  /** Figures once a second, oldest first. */
  samples(stream: string): readonly Sample[];
}

/** Makes it, empty. */
export function recentRecords(): Recent {
  const streams = new Map<string, { readonly frames: FrameRecord[]; readonly samples: Sample[] }>();
  const of = (stream: string) => {
    let one = streams.get(stream);
    if (one === undefined) streams.set(stream, (one = { frames: [], samples: [] }));
    return one;
  };
  return {
    add(record) {
      if (record.type === "frame") keep(of(record.stream).frames, record, KEPT_FRAMES);
      else if (record.type === "stats") keep(of(record.stream).samples, sampleOf(record), KEPT_STATS);
    },
    forget: (stream) => void streams.delete(stream),
    newest: (stream) => streams.get(stream)?.frames.at(-1),
    frame: (stream, epoch, frame) => streams.get(stream)?.frames.findLast((one) => one.frame === frame && one.epoch === epoch),
    samples: (stream) => streams.get(stream)?.samples ?? [],
  };
}

function keep<T>(kept: T[], one: T, most: number): void {
  kept.push(one);
  if (kept.length > most) kept.shift();
}

const sampleOf = ({ at, state, decoded, outcomes, skipped, inHouse, fps, latencyMs }: StatsRecord): Sample => ({
  at, state, decoded, outcomes, skipped, inHouse, fps, latencyMs,
});
