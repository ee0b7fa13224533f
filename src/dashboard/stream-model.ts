import { stillPresent } from "../core/still.js";
import type { EventRecord, FrameRecord, GapRecord, StateRecord, StatsRecord } from "../wire/index.js";
import type { StreamFacts } from "./health.js";
import { pairHistory, type PairHistory } from "./history.js";
import { latencyWindow, stagesOf, type LatencyWindow } from "./latency.js";
import { pairing, type Pair, type WaitingPicture } from "./pairing.js";
import { rate } from "./rate.js";
import { timeline, type Timeline } from "./timeline.js";
import { trails, type Trails } from "./trails.js";

/** A decoded picture, and the bytes that it was made of. The bitmap must be closed. */
export interface PictureImage {
  readonly bitmap: ImageBitmap;
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** What is on the screen: a picture with the record of the same frame. */
export type ShownPair = Pair<PictureImage>;

/** Something for the list of events. */
export type Happening = EventRecord | StateRecord | GapRecord;

/** Rates of a stream, a second. */
export interface StreamRates {
  readonly in: number;
  readonly inferred: number;
  readonly published: number;
  readonly shown: number;
}

/** Everything that the page knows of one stream. Bounded. */
export interface StreamModel {
  readonly name: string;
  readonly latency: LatencyWindow;
  readonly timeline: Timeline;
  readonly trails: Trails;
  readonly history: PairHistory;
  readonly shown: ShownPair | undefined;
  readonly stats: StatsRecord | undefined;
  /** Class ids by label, as far as seen: what a label's colour is. */
  readonly classIds: ReadonlyMap<string, number>;
  facts(): Omit<StreamFacts, "connected">;
  rates(): StreamRates;
  frame(record: FrameRecord): void;
  picture(picture: WaitingPicture<PictureImage>): void;
  newStats(stats: StatsRecord): void;
  newState(record: StateRecord): void;
  /** Shows the newest whole pair, if there is one that is newer; while paused it is thrown away. `aheadMs`: the server's clock less ours; null = the record is of another time. */
  advance(paused: boolean, aheadMs: number | null): void;
  /** Shows a pair; the bitmap shown before is closed. */
  show(pair: ShownPair): void;
  /** Tells each shown pair; returns the undo. */
  onShown(listener: (pair: ShownPair) => void): () => void;
  /** The connection is new: what was waiting belongs to the old one. */
  reset(): void;
  /** The stream is gone: its pictures are given back. */
  close(): void;
}

/** Shown frames whose median delay tells whether the page is behind. */
const DELAY_FRAMES = 15;

/** Makes the model of a stream of which nothing is known yet. */
export function streamModel(name: string): StreamModel {
  const pairs = pairing<PictureImage>(({ bitmap }) => bitmap.close());
  const onScreen = whatIsShown();
  const classIds = new Map<string, number>();
  let present = stillPresent();
  const known = whatIsKnown();
  const model: StreamModel = {
    name,
    latency: latencyWindow(),
    timeline: timeline(),
    trails: trails(),
    history: pairHistory(),
    classIds,
    get shown() {
      return onScreen.pair;
    },
    get stats() {
      return known.stats;
    },
    facts: () => ({ stats: known.stats, change: known.change, lastFrameMs: known.lastFrameMs, delayMs: model.latency.newest(DELAY_FRAMES) }),
    rates: () => known.rates(),
    frame(told) {
      const record = present(told);
      known.lastFrameMs = performance.now();
      for (const { label, classId } of record.objects) classIds.set(label, classId);
      model.timeline.record(record, Date.now());
      model.trails.record(record);
      pairs.record(record);
    },
    picture: (picture) => pairs.picture(picture),
    newStats: (stats) => known.newStats(stats),
    newState: (record) => void (known.change = { record, receivedMs: performance.now() }),
    advance(paused, aheadMs) {
      const pair = pairs.take();
      if (!pair) return;
      if (paused) return pair.picture.image.bitmap.close();
      model.history.add(pair);
      if (pair.record) model.latency.add(stagesOf(pair.record, aheadMs === null ? 0 : Date.now() + aheadMs - Date.parse(pair.record.publishedAt)));
      known.shownRate.tick(performance.now());
      model.show(pair);
    },
    show: (pair) => onScreen.show(pair),
    onShown: (listener) => onScreen.listen(listener),
    reset() {
      present = stillPresent();
      pairs.reset();
      model.trails.reset();
      model.latency.reset();
      known.lastFrameMs = undefined;
      known.change = undefined;
    },
    close() {
      pairs.reset();
      onScreen.close();
    },
  };
  return model;
}

/** The pair on the screen, which owns its bitmap, and who draws it. */
function whatIsShown() {
  const listeners = new Set<(pair: ShownPair) => void>();
  const shown = {
    pair: undefined as ShownPair | undefined,
    show(pair: ShownPair): void {
      if (shown.pair !== pair) shown.close();
      shown.pair = pair;
      for (const listener of listeners) listener(pair);
    },
    listen(listener: (pair: ShownPair) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close(): void {
      shown.pair?.picture.image.bitmap.close();
      shown.pair = undefined;
    },
  };
  return shown;
}

/** Figures come once a second: a rate over four of them is steady. */
const RECENT_STATS = 5;

/** The newest figures and state. */
function whatIsKnown() {
  const recent: StatsRecord[] = [];
  const known = {
    stats: undefined as StatsRecord | undefined,
    change: undefined as StreamFacts["change"],
    lastFrameMs: undefined as number | undefined,
    inferred: 0,
    shownRate: rate(),
    newStats(stats: StatsRecord): void {
      known.stats = stats;
      recent.push(stats);
      if (recent.length > RECENT_STATS) recent.shift();
      known.inferred = inferredFps(recent[0], stats);
    },
    rates: (): StreamRates => ({
      in: known.stats?.fps.in ?? 0, inferred: known.inferred, published: known.stats?.fps.out ?? 0,
      shown: known.shownRate.perSecond(performance.now()),
    }),
  };
  return known;
}

/** Detected frames a second between two records of figures; what the server says of all published ones where that can't be told. */
function inferredFps(before: StatsRecord | undefined, after: StatsRecord): number {
  const spanMs = before ? Date.parse(after.at) - Date.parse(before.at) : 0;
  const frames = before ? after.outcomes.detected - before.outcomes.detected : -1;
  return spanMs > 0 && frames >= 0 ? (frames * 1000) / spanMs : after.fps.out;
}
