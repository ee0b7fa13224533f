import { settingsSchema } from "../../src/config/index.js";
import { systemClock } from "../../src/core/clock.js";
import type { StreamStats } from "../../src/core/stats.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { openSession, type Notice, type SessionOptions } from "../../src/session/index.js";
import { directSink, type Sink } from "../../src/sinks/index.js";

/** Settings with all defaults but those given; nested parts may be partial. */
export function settings(some: Record<string, unknown>): SessionOptions {
  return settingsSchema.parse(some);
}

/** A sink that keeps frame records and tells each as it comes. */
export function collector(onRecord: (record: FrameRecord) => void = () => undefined): { sink: Sink; records: FrameRecord[] } {
  const records: FrameRecord[] = [];
  const sink = directSink("collector", ({ record }) => {
    if (record.type !== "frame") return;
    records.push(record);
    onRecord(record);
  });
  return { sink, records };
}

/** What a run to the end left behind. */
export interface Finished {
  readonly records: readonly FrameRecord[];
  readonly stats: readonly StreamStats[];
  readonly notices: readonly Notice[];
}

/** Runs a session to its end; `onRecord` may stop it. Checks at every record that no frame is unaccounted for. */
export async function runToEnd(
  options: SessionOptions,
  onRecord: (record: FrameRecord, stop: () => void) => void = () => undefined,
): Promise<Finished> {
  const stop = new AbortController();
  const notices: Notice[] = [];
  let stats = (): StreamStats[] => [];
  const { sink, records } = collector((record) => {
    for (const one of stats()) assertAccounted(one);
    onRecord(record, () => stop.abort());
  });
  const world = { signal: stop.signal, clock: systemClock, version: "test", notice: (one: Notice) => notices.push(one), extraSinks: [sink] };
  await using session = await openSession(options, world);
  stats = () => session.stats();
  const last = await session.done;
  for (const one of last) {
    assertAccounted(one);
    if (one.inHouse !== 0) throw new Error(`${one.inHouse} frames are still in the house at the end`);
  }
  return { records, stats: last, notices };
}

/** decoded = outcomes + skipped + in house, and in house within its bound. */
export function assertAccounted({ decoded, outcomes, skipped, inHouse, inHouseLimit }: Pick<StreamStats, "decoded" | "outcomes" | "skipped" | "inHouse" | "inHouseLimit">): void {
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, n) => total + n, 0);
  const found = sum(outcomes) + sum(skipped) + inHouse;
  if (decoded !== found) throw new Error(`${decoded} frames were decoded, ${found} are accounted for`);
  if (inHouse < 0 || inHouse > inHouseLimit) throw new Error(`${inHouse} frames in the house, the bound is ${inHouseLimit}`);
}
