import type { Clock } from "../core/clock.js";
import { published, type FrameRecord, type Published } from "../wire/index.js";
import type { Sink } from "../sinks/index.js";

/** Which records of frames in which nothing was seen are written. */
export type EmptyFrames = "all" | "heartbeat" | "none";

/** What was left out of one stream's log since its last record. */
interface HeldBack {
  /** The newest record that was left out; the others are told by numbers. */
  last: FrameRecord;
  /** Others that were left out before it. */
  before: number;
  skipped: NonNullable<FrameRecord["skipped"]>;
}

/**
 * Leaves out frames in which nothing was seen, and keeps the fact: the next record of the stream says how many there were
 * (`emptyBefore`) and carries their skipped frames. `heartbeat` writes one of them each `heartbeatMs`; with both, the last
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
    return sink.write(back ? published(merged(back, record)) : (as ?? published(record)));
  }
  /** Writes the last one that was held back itself. */
  function letOut(stream: string): boolean {
    const back = held.get(stream);
    if (!back) return true;
    held.delete(stream);
    return sink.write(published(withBack(back.last, back.before, back.skipped)));
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
      const isEmpty = record.outcome === "detected" && record.objects.length === 0;
      const isDue = rule === "heartbeat" && clock.monotonicMs() - (writtenMs.get(record.stream) ?? -Infinity) >= heartbeatMs;
      if (!isEmpty || isDue) return write(record, one);
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
  if (back) held.set(record.stream, { last: record, before: back.before + 1, skipped: sum(back.skipped, record.skipped) });
  else held.set(record.stream, { last: record, before: 0, skipped: { ...record.skipped } });
}

const merged = (back: HeldBack, record: FrameRecord): FrameRecord => withBack(record, back.before + 1, sum(back.skipped, record.skipped));

function withBack(record: FrameRecord, emptyBefore: number, skipped: HeldBack["skipped"]): FrameRecord {
  const { objects, error, skipped: _own, ...rest } = record;
  return { ...rest, ...(Object.keys(skipped).length > 0 && { skipped }), ...(emptyBefore > 0 && { emptyBefore }), objects, ...(error && { error }) };
}

function sum(a: HeldBack["skipped"], b: FrameRecord["skipped"]): HeldBack["skipped"] {
  const all = { ...a };
  for (const [cause, count] of Object.entries(b ?? {}) as [keyof HeldBack["skipped"], number][]) all[cause] = (all[cause] ?? 0) + count;
  return all;
}
