import type { LogRecord, Published, Snapshot, StateRecord, StatsRecord } from "../wire/index.js";
import { openHistory, type History, type KeptFrame } from "./history.js";
import type { FeedLimits } from "./limits.js";
import { textMessage } from "./message.js";
import type { FrameRecord } from "../wire/index.js";
import { covers, mayHear, type Standing, type Subscriber } from "./subscriber.js";
import { recordOf } from "./views.js";

/** What is so now of one stream. */
export interface Latest {
  readonly frame?: FrameRecord;
  /** Where nothing has changed since: the frame whose objects are still there. */
  readonly seen?: FrameRecord;
  readonly state?: StateRecord;
  readonly stats?: StatsRecord;
}

interface Known {
  history: History;
  /** The newest frame that was looked at. */
  detected?: KeptFrame;
  state?: StateRecord;
  stats?: StatsRecord;
}

/** What is known of all streams: the newest of everything, and what is kept for those who come back. */
export interface Present {
  /** Names, in the order in which they came. */
  names(): string[];
  /** Keeps a record; of a frame it returns how it is kept. */
  keep(published: Published): KeptFrame | undefined;
  of(stream: string): Known | undefined;
  latest(stream: string): Latest | undefined;
  latestStats(): StatsRecord[];
  /** A frame's record, while it is kept. */
  find(stream: string, epoch: number, frame: number): FrameRecord | undefined;
  /** The snapshot of a subscription; without frames of the streams in `without`. */
  snapshot(client: Subscriber, standing: Standing, without: (stream: string) => boolean): Snapshot;
  /** Frames begin anew: those of before are not kept any more. */
  startAnew(): void;
  forget(stream: string): void;
}

/** What a subscription is shown of a stream as it is now. */
function shownTo(topics: Standing["wanted"]["topics"], view: Standing["view"], one: Known, withFrames: boolean): Omit<Snapshot["streams"][number], "stream"> {
  const { state, stats } = one;
  const shown = (frame: KeptFrame | undefined): FrameRecord | undefined =>
    frame && withFrames && topics.includes("detections") ? (view.seen(frame)?.record as FrameRecord | undefined) : undefined;
  const [frame, seen] = [shown(one.history.newest), shown(unchanged(one))];
  return { ...(frame && { frame }), ...(seen && { seen }), ...(state && topics.includes("state") && { state }), ...(stats && topics.includes("stats") && { stats }) };
}

/** The frame whose objects are still there, while the newest one is still. */
function unchanged({ history: { newest }, detected }: Known): KeptFrame | undefined {
  const record = newest && recordOf(newest);
  return record?.outcome === "still" && detected?.epoch === record.epoch && detected.frame === record.unchangedSince ? detected : undefined;
}

/** Makes it; `streams` are the names known so far. */
export function openPresent(streams: readonly string[], limits: FeedLimits, eventId: (seq: number) => string): Present {
  const known = new Map<string, Known>();
  const log: LogRecord[] = [];
  let seq = 0;

  const knownOf = (stream: string): Known => {
    let one = known.get(stream);
    if (!one) known.set(stream, (one = { history: openHistory(limits) }));
    return one;
  };
  for (const stream of streams) knownOf(stream);
  const keepFrame = ({ line }: Published, record: FrameRecord): KeptFrame => {
    seq += 1;
    const { stream, epoch, frame } = record;
    const kept = { seq, stream, epoch, frame, message: textMessage(line, record, eventId(seq)) };
    const one = knownOf(stream);
    one.history.push(kept);
    if (record.outcome === "detected") one.detected = kept;
    return kept;
  };
  return {
    names: () => [...known.keys()],
    keep(published) {
      const { record } = published;
      if (record.type === "log") {
        log.push(record);
        if (log.length > limits.logLines) log.shift();
        return undefined;
      }
      if (record.type === "frame") return keepFrame(published, record);
      const one = knownOf(record.stream);
      if (record.type === "stats") one.stats = record;
      else if (record.type === "state") one.state = record;
      return undefined;
    },
    of: (stream) => known.get(stream),
    latest(stream) {
      const one = known.get(stream);
      const newest = one?.history.newest;
      const seen = one && unchanged(one);
      return one && { ...(newest && { frame: recordOf(newest) }), ...(seen && { seen: recordOf(seen) }), ...(one.state && { state: one.state }), ...(one.stats && { stats: one.stats }) };
    },
    find: (stream, epoch, frame) => known.get(stream)?.history.find(epoch, frame)?.message.record as FrameRecord | undefined,
    latestStats: () => [...known.values()].flatMap(({ stats }) => stats ?? []),
    snapshot(client, { id, wanted, view }, without) {
      const covered = [...known].filter(([stream]) => covers(wanted, stream) && mayHear(client.access, "stats", stream));
      const of = covered.map(([stream, one]) => ({ stream, ...shownTo(wanted.topics, view, one, !without(stream)) }));
      const lines = log.filter((line) => mayHear(client.access, "log", line.stream) && (line.stream === undefined || covers(wanted, line.stream)));
      return { type: "snapshot", id, streams: of, ...(wanted.topics.includes("log") && { log: lines }) };
    },
    startAnew: () => known.forEach((one) => {
      one.history = openHistory(limits);
      delete one.detected;
    }),
    forget: (stream) => void known.delete(stream),
  };
}
