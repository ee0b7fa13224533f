import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PipelineError } from "../core/errors.js";
import { byAge, logNameReader, STREAM_PLACE, pathFor, type Compression, type PartName } from "./names.js";
import { withoutReplaced } from "./replaced.js";

/** One file of a log. */
export interface LogFile {
  readonly path: string;
  readonly kind: Compression | "parquet";
}

const LOG_NAME = /\.(jsonl|ndjson)(\.gz|\.zst)?$|\.parquet$/;
const BY_ENDING: readonly (readonly [string, LogFile["kind"]])[] = [[".gz", "gzip"], [".zst", "zstd"], [".parquet", "parquet"]];

/**
 * The files that make up logs, each log's oldest first and the open one last. A path may be that of a log
 * (`detections.jsonl`: its closed parts too, also when the open one is missing), of one file of it, of a folder (every log
 * file in it, by name), or hold `{stream}` (the logs of all streams).
 * @throws PipelineError E_LOG_MISSING when a path leads to no file
 */
export async function logFiles(paths: readonly string[]): Promise<LogFile[]> {
  const found = new Map<string, LogFile>();
  for (const path of paths) {
    const files = await filesOf(path);
    if (files.length === 0) throw new PipelineError("E_LOG_MISSING", `${path}: no log is there, neither the file nor closed parts of it`);
    for (const file of files) found.set(file.path, file);
  }
  return withoutReplaced([...found.values()]);
}

async function filesOf(path: string): Promise<LogFile[]> {
  if (basename(path).includes(STREAM_PLACE)) return (await Promise.all((await streamsOf(path)).map((stream) => filesOf(pathFor(path, stream))))).flat();
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return inFolder(path, (name) => LOG_NAME.test(name));
  const closed = await partsOf(path);
  return existsSync(path) ? [...closed, asFile(path)] : closed;
}

/** Streams that have a log under a path with `{stream}`, by name. */
export async function streamsOf(path: string): Promise<string[]> {
  const read = logNameReader(path);
  const streams = (await namesIn(dirname(path))).flatMap((name) => read(name)?.stream ?? []);
  return [...new Set(streams)].sort();
}

/** A closed part and what its name says. */
export type ClosedPart = LogFile & { readonly part: PartName };

/**
 * Closed parts of the log at `path`, oldest first. Of a part that is there plain and packed the plain one counts: packing it
 * is not over.
 */
export async function partsOf(path: string): Promise<ClosedPart[]> {
  const read = logNameReader(path);
  const parts = (await namesIn(dirname(path))).flatMap((name) => {
    const part = read(name)?.part;
    return part ? [{ path: join(dirname(path), name), kind: part.kind, part }] : [];
  });
  const plain = new Set(parts.filter(({ kind }) => kind === "none").map(({ path: at }) => at));
  const isTwice = ({ path: at, kind }: LogFile): boolean => (kind === "gzip" || kind === "zstd") && plain.has(at.replace(/\.[a-z]+$/, ""));
  return parts.filter((one) => !isTwice(one)).sort((a, b) => byAge(a.part, b.part));
}

async function inFolder(folder: string, belongs: (name: string) => boolean): Promise<LogFile[]> {
  const names = (await namesIn(folder)).filter(belongs);
  const plain = new Set(names);
  return names.filter((name) => !plain.has(name.replace(/\.(gz|zst)$/, "")) || !/\.(gz|zst)$/.test(name)).sort().map((name) => asFile(join(folder, name)));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch {
    // A folder that is missing or closed to us holds no log of ours; opening the file itself tells why.
    return [];
  }
}

const asFile = (path: string): LogFile => ({ path, kind: BY_ENDING.find(([ending]) => path.endsWith(ending))?.[1] ?? "none" });
