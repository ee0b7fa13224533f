import { basename, dirname } from "node:path";
import type { LogFile } from "../log/index.js";
import type { ReportAsk } from "./reports.js";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** A frame's record is written at most so long after it was captured, ms. */
const LATE_MS = 600_000;
const PART = /^(.+)\.(\d{4}-\d\d-\d\d)(T\d\d)?(?:\.\d+)?\.(?:jsonl|ndjson|parquet)(?:\.gz|\.zst)?$/;

/**
 * The files that may hold what is asked for, by their names: a closed part was over when the next one of its log began. The
 * newest closed part and what is no part stay. Pure.
 */
export function narrowed(files: readonly LogFile[], { since, until }: Pick<ReportAsk, "since" | "until">): LogFile[] {
  const sinceMs = since === undefined ? -Infinity : Date.parse(since);
  const untilMs = until === undefined ? Infinity : Date.parse(until);
  const named = files.map((file) => ({ file, ...periodOf(file.path) }));
  return named.filter((one, i) => {
    const { beginMs: mine } = one;
    if (mine === undefined) return true;
    if (mine - HOUR_MS >= untilMs) return false;
    const next = named.slice(i + 1).find(({ log, beginMs }) => log === one.log && beginMs !== undefined && beginMs > mine);
    return next?.endMs === undefined || Math.max(next.endMs, one.endMs) + LATE_MS > sinceMs;
  }).map(({ file }) => file);
}

function periodOf(path: string): { readonly log?: string; readonly beginMs?: number; readonly endMs: number } {
  const [, stem, day, hour] = PART.exec(basename(path)) ?? [];
  if (stem === undefined || day === undefined) return { endMs: Infinity };
  const beginMs = Date.parse(hour === undefined ? `${day}T00:00:00Z` : `${day}${hour}:00:00Z`);
  return { log: `${dirname(path)}/${stem}`, beginMs, endMs: beginMs + (hour === undefined ? DAY_MS : HOUR_MS) };
}
