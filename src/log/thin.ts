import type { Clock } from "../core/clock.js";
import { published, type FrameRecord, type Published } from "../wire/index.js";
import type { Sink } from "../sinks/index.js";

/** Which records of frames in which nothing was seen are written. */
export type EmptyFrames = "all" | "heartbeat" | "none";

/** How many frames, by what they were. */
interface LeftOut {
  readonly empty: number;
  readonly still: number;
}

/** What was left out of one stream's log since its last record. */
interface HeldBack {
  /** The newest record that was left out; the others are told by numbers. */
  last: FrameRecord;
  /** All that were left out, it among them. */
  frames: LeftOut;
  skipped: NonNullable<FrameRecord["skipped"]>;
}

/**
 * Leaves out frames in which nothing was seen or nothing has changed, and keeps the fact: the next record of the stream says
 * how many there were (`emptyBefore`, `stillBefore`) and carries their skipped frames. `heartbeat` writes one of them each `heartbeatMs`; with both, the last
 * one before a change of epoch and before the end is written.
 */
export function thinned(sink: Sink, rule: EmptyFrames, heartbeatMs: number, clock: Clock): Sink {
  if (rule === "all") return sink;
  const held = new Map<string, HeldBack>();
  const writtenMs = new Map<string, number>();

  /** Writes a frame's record with what was held back before it. */
  function write(record: FrameRecord, as: Published | undefined): boolean {
    const back = held.get(record.stream);
    held.delete(record.stream);
    writtenMs.set(record.stream, clock.monotonicMs());
    return sink.write(back ? published(withBack(record, back.frames, sum(back.skipped, record.skipped))) : (as ?? published(record)));
  }
  /** Writes the last one that was held back itself. */
  function letOut(stream: string): boolean {
    const back = held.get(stream);
    if (!back) return true;
    held.delete(stream);
    return sink.write(published(withBack(back.last, without(back.frames, back.last), back.skipped)));
  }

  return {
    get name() {
      return sink.name;
    },
    get bufferedBytes() {
      return sink.bufferedBytes ?? 0;
    },
    get dropped() {
      return sink.dropped ?? 0;
    },
    get writtenRecords() {
      return sink.writtenRecords ?? 0;
    },
    get syncedRecords() {
      return sink.syncedRecords ?? 0;
    },
    get trouble() {
      return sink.trouble ?? null;
    },
    write(one) {
      const { record } = one;
      // A change of state may be the last that is heard of the stream for long.
      if (record.type === "state") letOut(record.stream);
      if (record.type !== "frame") return sink.write(one);
      const back = held.get(record.stream);
      if (back && back.last.epoch !== record.epoch) letOut(record.stream);
      const isQuiet = record.outcome === "still" || (record.outcome === "detected" && record.objects.length === 0);
      const isDue = rule === "heartbeat" && clock.monotonicMs() - (writtenMs.get(record.stream) ?? -Infinity) >= heartbeatMs;
      if (!isQuiet || isDue) return write(record, one);
      hold(held, record);
      return true;
    },
    ready: () => sink.ready(),
    flush: () => sink.flush(),
    async [Symbol.asyncDispose]() {
      for (const stream of [...held.keys()]) letOut(stream);
      await sink[Symbol.asyncDispose]();
    },
  };
}

function hold(held: Map<string, HeldBack>, record: FrameRecord): void {
  const back = held.get(record.stream);
  held.set(record.stream, { last: record, frames: plus(back?.frames ?? { empty: 0, still: 0 }, record, 1), skipped: sum(back?.skipped ?? {}, record.skipped) });
}

const plus = ({ empty, still }: LeftOut, { outcome }: FrameRecord, count: number): LeftOut => (outcome === "still" ? { empty, still: still + count } : { empty: empty + count, still });
const without = (frames: LeftOut, record: FrameRecord): LeftOut => plus(frames, record, -1);

function withBack(record: FrameRecord, { empty, still }: LeftOut, skipped: HeldBack["skipped"]): FrameRecord {
  const { objects, error, skipped: _own, ...rest } = record;
  return { ...rest, ...(Object.keys(skipped).length > 0 && { skipped }), ...(empty > 0 && { emptyBefore: empty }), ...(still > 0 && { stillBefore: still }), objects, ...(error && { error }) };
}

function sum(a: HeldBack["skipped"], b: FrameRecord["skipped"]): HeldBack["skipped"] {
  const all = { ...a };
  for (const [cause, count] of Object.entries(b ?? {}) as [keyof HeldBack["skipped"], number][]) all[cause] = (all[cause] ?? 0) + count;
  return all;
}
