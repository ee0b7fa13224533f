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

/** What a file name says about a file of a log. */
export interface LogName {
  /** Whose log it is; null where the log is that of all streams. */
  readonly stream: string | null;
  /** null = the open file. */
  readonly part: PartName | null;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** What streams may be called, see the settings; as short as it can be, so that a date is one. */
const STREAM = "([A-Za-z0-9._-]{1,64}?)";

/** Makes a reader of the file names beside the log at `path`; it gives null for a file that is not of this log. */
export function logNameReader(path: string): (fileName: string) => LogName | null {
  const { stem, ending } = stemOf(path);
  const [before = "", ...after] = stem.split(STREAM_PLACE).map(escaped);
  const streams = after.length > 0 ? [STREAM, ...after.slice(0, -1).map((text) => `${text}\\1`), after.at(-1)].join("") : "";
  const pattern = new RegExp(`^${before}${streams}(?:\\.(?<period>\\d{4}-\\d\\d-\\d\\d(?:T\\d\\d)?)(?:\\.(?<number>[1-9]\\d*))?)?(?:${escaped(ending)}(?<packed>\\.gz|\\.zst)?|(?<parquet>\\.parquet))$`);
  return (fileName) => {
    const match = pattern.exec(fileName);
    if (!match) return null;
    const { period, number, packed = "", parquet } = match.groups ?? {};
    const stream = after.length > 0 ? match[1]! : null;
    if (period === undefined) return packed === "" && parquet === undefined ? { stream, part: null } : null;
    return { stream, part: { period, number: Number(number ?? 1), kind: parquet ? "parquet" : KIND_OF[packed]! } };
  };
}

const KIND_OF: Readonly<Record<string, Compression>> = { "": "none", ".gz": "gzip", ".zst": "zstd" };

/** Where a closed part lies once it is packed. */
export const packedPath = (path: string, pack: Compression): string => `${path}${ENDING_OF[pack]}`;

/** Orders parts as they were written. */
export function byAge(a: PartName, b: PartName): number {
  if (a.period !== b.period) return a.period < b.period ? -1 : 1;
  return a.number - b.number;
}

/** The path of one stream's log. */
export const pathFor = (path: string, stream: string): string => path.replaceAll(STREAM_PLACE, stream);
