import { basename, dirname, join } from "node:path";

/** What stands in a log's path for the stream's name: each stream then has a log of its own. */
export const STREAM_PLACE = "{stream}";

/** How often a new part begins. */
export type Period = "none" | "hour" | "day";
/** How a closed part is kept. */
export type Compression = "none" | "gzip" | "zstd";

const ENDING_OF: Readonly<Record<Compression, string>> = { none: "", gzip: ".gz", zstd: ".zst" };
/** Length of `2026-11-20` and `2026-11-20T10`. */
const DATE_CHARS = { day: 10, hour: 13 } as const;

/** A closed part of a log: `detections.2026-11-20T10.2.jsonl.gz`. */
export interface PartName {
  /** Begin of its period in UTC: `2026-11-20T10`, or `2026-11-20` for a day. */
  readonly period: string;
  /** 1 for the first part of the period. */
  readonly number: number;
  /** `parquet` = closed days put together. */
  readonly kind: Compression | "parquet";
}

/** The path's file name without `.jsonl` (or whatever it ends with), and that ending. */
function stemOf(path: string): { readonly stem: string; readonly ending: string } {
  const [, stem, ending] = /^(.+?)(\.[A-Za-z0-9]+)?$/.exec(basename(path)) ?? [];
  return { stem: stem ?? basename(path), ending: ending ?? "" };
}

/** The period a moment (ms since 1970) lies in, as it stands in names. Logs that are rotated by size alone are named by the hour. */
export const periodOf = (atMs: number, period: Period): string => new Date(atMs).toISOString().slice(0, DATE_CHARS[period === "day" ? "day" : "hour"]);

/** Where a part of the log at `path` lies. */
export function partPath(path: string, { period, number, kind }: PartName): string {
  const { stem, ending } = stemOf(path);
  const middle = `${stem}.${period}${number > 1 ? `.${number}` : ""}`;
  return join(dirname(path), kind === "parquet" ? `${middle}.parquet` : `${middle}${ending}${ENDING_OF[kind]}`);
}

/** Reads a file name as that of a part of the log at `path`; null for any other file, the open one included. */
export function readPartName(path: string, fileName: string): PartName | null {
  const { stem, ending } = stemOf(path);
  if (!fileName.startsWith(`${stem}.`)) return null;
  const [, period, number, rest] = /^(\d{4}-\d\d-\d\d(?:T\d\d)?)(?:\.([1-9]\d*))?(\..+)?$/.exec(fileName.slice(stem.length + 1)) ?? [];
  const kind = kindOf(rest ?? "", ending);
  return period === undefined || kind === null ? null : { period, number: Number(number ?? 1), kind };
}

function kindOf(rest: string, ending: string): PartName["kind"] | null {
  if (rest === ".parquet") return "parquet";
  if (!rest.startsWith(ending)) return null;
  const compressed = Object.entries(ENDING_OF).find(([, one]) => one === rest.slice(ending.length));
  return (compressed?.[0] as Compression | undefined) ?? null;
}

/** Orders parts as they were written. */
export function byAge(a: PartName, b: PartName): number {
  if (a.period !== b.period) return a.period < b.period ? -1 : 1;
  return a.number - b.number;
}

/** The path of one stream's log. */
export const pathFor = (path: string, stream: string): string => path.replaceAll(STREAM_PLACE, stream);
