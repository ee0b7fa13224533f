import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PipelineError } from "../core/errors.js";
import { byAge, readPartName, STREAM_PLACE, type PartName } from "./names.js";

/** One file of a log. */
export interface LogFile {
  readonly path: string;
  readonly kind: PartName["kind"];
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
  return [...found.values()];
}

async function filesOf(path: string): Promise<LogFile[]> {
  if (basename(path).includes(STREAM_PLACE)) return everyStream(path);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return inFolder(path, (name) => LOG_NAME.test(name));
  const closed = await partsOf(path);
  return existsSync(path) ? [...closed, asFile(path)] : closed;
}

/** Closed parts of the log at `path`, oldest first. */
export async function partsOf(path: string): Promise<(LogFile & { readonly part: PartName })[]> {
  const parts = (await namesIn(dirname(path))).flatMap((name) => {
    const part = readPartName(path, name);
    return part === null ? [] : [{ path: join(dirname(path), name), kind: part.kind, part }];
  });
  return parts.sort((a, b) => byAge(a.part, b.part));
}

/** `logs/{stream}.jsonl`: what has the pattern's beginning and is a log; a name's date sorts the parts of each stream before its open file. */
async function everyStream(path: string): Promise<LogFile[]> {
  const [before = ""] = basename(path).split(STREAM_PLACE);
  return inFolder(dirname(path), (name) => name.startsWith(before) && LOG_NAME.test(name));
}

async function inFolder(folder: string, belongs: (name: string) => boolean): Promise<LogFile[]> {
  return (await namesIn(folder)).filter(belongs).sort().map((name) => asFile(join(folder, name)));
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
