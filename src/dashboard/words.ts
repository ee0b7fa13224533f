import type { FrameRecord, StatsRecord } from "../wire/index.js";

/** Words for the causes of the records. */
const CAUSE_WORDS: Readonly<Record<string, string>> = {
  no_slot: "no free slot",
  busy: "busy",
  too_old: "too old",
  max_fps: "over the rate",
  stopped: "at the stop",
  failed: "failed",
  late: "late",
  aborted: "aborted",
};

/** Frames that brought no detections, by cause in words, most first. */
export function dropsOf({ skipped, outcomes: { late, failed, aborted } }: StatsRecord): { readonly cause: string; readonly frames: number }[] {
  return Object.entries({ ...skipped, late, failed, aborted })
    .filter(([, frames]) => frames > 0)
    .map(([cause, frames]) => ({ cause: CAUSE_WORDS[cause] ?? cause, frames }))
    .sort((a, b) => b.frames - a.frames);
}

/** Frames that were lost: not those that a highest rate leaves out, as was asked for. */
export function lostOf(stats: StatsRecord): number {
  return dropsOf(stats).reduce((sum, { frames }) => sum + frames, 0) - stats.skipped.max_fps;
}

/** A duration from 0 up, for people: 340 ms, 2.4 s, 34 s, 5 min, 2 h. */
export function durationWords(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 119_500) return `${Math.round(ms / 1000)} s`;
  return ms < 7_170_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** A whole number with thin spaces between thousands. */
export const countWords = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** A share of a whole in percent, short. */
export function shareWords(part: number, whole: number): string {
  const percent = whole > 0 ? (100 * part) / whole : 0;
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)}\u202f%`;
}

/** Time of day with seconds, of an ISO time, in the zone of whoever looks. */
export function clockWords(iso: string): string {
  const time = new Date(iso);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** Day of an ISO time, in the zone of whoever looks: 2026-11-20. */
export function dayWords(iso: string): string {
  const time = new Date(iso);
  return [time.getFullYear(), time.getMonth() + 1, time.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

/** A place in a recording: 2:03.4, or 1:02:03 where there are hours. */
export function clockText(ms: number): string {
  const tenths = Math.floor(ms / 100);
  const [hours, minutes, seconds] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60];
  const two = (number: number): string => String(number).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}.${tenths % 10}`;
}

/** What is in view, for the caption and those who do not see it: "3 cars, 1 person" without grammar: "car 3, person 1". */
export function inView(record: FrameRecord | null): { readonly label: string; readonly classId: number; readonly count: number }[] {
  const seen = new Map<string, { label: string; classId: number; count: number }>();
  for (const { label, classId } of record?.objects ?? []) {
    const entry = seen.get(label) ?? { label, classId, count: 0 };
    entry.count += 1;
    seen.set(label, entry);
  }
  return [...seen.values()].sort((a, b) => b.count - a.count || a.classId - b.classId);
}
