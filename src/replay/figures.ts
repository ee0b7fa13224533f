import type { Clock } from "../core/clock.js";
import { OUTCOMES, SKIP_CAUSES } from "../core/frame.js";
import type { StreamStats } from "../core/stats.js";
import type { StreamState } from "../core/stream-state.js";
import type { FrameRecord } from "../wire/index.js";

/** What was played of a stream, as figures. What is shown again counts again. */
export interface Figures {
  add(record: FrameRecord): void;
  stats(state: StreamState): StreamStats;
}

/** The rate is taken over so long, ms; a frame is forgotten then. */
const RATE_WINDOW_MS = 3000;
/** Most frames that the rate and the percentiles remember. */
const REMEMBERED = 600;
const STAGES = ["queue", "normalise", "infer", "decode"] as const;

/** Counts nothing yet. */
export function replayFigures(stream: string, clock: Clock): Figures {
  const startedMs = clock.monotonicMs();
  const outcomes = zeros(OUTCOMES);
  const skipped = zeros(SKIP_CAUSES);
  const stages = zeros(STAGES);
  const objects: Record<string, number> = {};
  const shownMs: number[] = [];
  const totalsMs: number[] = [];
  let epoch = 1;
  return {
    add(record) {
      ({ epoch } = record);
      outcomes[record.outcome] += 1;
      for (const [cause, frames] of Object.entries(record.skipped ?? {})) skipped[cause as keyof typeof skipped] += frames;
      if (record.outcome === "detected") for (const stage of STAGES) stages[stage] += record.timesMs[stage] ?? 0;
      for (const { label } of record.objects) objects[label] = (objects[label] ?? 0) + 1;
      shownMs.push(clock.monotonicMs());
      totalsMs.push(record.timesMs.total);
      for (const list of [shownMs, totalsMs]) if (list.length > REMEMBERED) list.shift();
    },
    stats(state) {
      const nowMs = clock.monotonicMs();
      while (shownMs.length > 0 && shownMs[0]! < nowMs - RATE_WINDOW_MS) shownMs.shift();
      const spanMs = Math.max(1000, Math.min(RATE_WINDOW_MS, nowMs - startedMs));
      const fps = state === "live" ? (shownMs.length * 1000) / spanMs : 0;
      const sorted = totalsMs.toSorted((a, b) => a - b);
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
      return {
        stream, state, epoch, objects: { ...objects }, outcomes: { ...outcomes }, skipped: { ...skipped },
        decoded: sum(outcomes) + sum(skipped),
        inHouse: 0, inHouseLimit: 0, expectedFrames: null, firstRecordMs: null, error: null,
        fps: { in: fps, out: fps },
        latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99) },
        stagesMs: Object.fromEntries(STAGES.map((stage) => [stage, stages[stage] / Math.max(1, outcomes.detected)])),
        elapsedMs: nowMs - startedMs,
      };
    },
  };
}

const zeros = <K extends string>(keys: readonly K[]): Record<K, number> => Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, n) => total + n, 0);
