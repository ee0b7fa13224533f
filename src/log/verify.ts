import { link, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError } from "../core/errors.js";
import { logAccount, type StreamAccount } from "./account.js";
import { renameForGood, writeWhole } from "./disk.js";
import type { LogFile } from "./files.js";
import { lockLog } from "./lock.js";
import { packInto } from "./pack.js";
import { goodLines, readRecords, type LogEntry, type LogTrouble, type ReadOptions } from "./read.js";

/** What was found in one file. */
export interface FileReport {
  readonly path: string;
  readonly records: number;
  /** Places that are no record. */
  readonly troubles: number;
  /** Where the file as it was is kept, when it was repaired; what is wrong with repairing it; null = nothing to repair, or not asked to. */
  readonly repair: { readonly kept: string } | { readonly problem: string } | null;
}

/** What was found in a log. */
export interface LogReport {
  readonly files: FileReport[];
  readonly streams: StreamAccount[];
  /** Every line is a record, and every frame is there, told as skipped or left out, or told as lost. */
  readonly isWhole: boolean;
}

/** How a log is verified. */
export interface VerifyOptions extends Pick<ReadOptions, "onTrouble" | "parquetLines"> {
  /** Puts the good lines of a damaged file in its place; the file as it was stays beside it. */
  readonly repair: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For who shows how far it is. */
  readonly onEntry?: (entry: LogEntry) => void;
}

/**
 * Reads a whole log: are all lines records, does each stream account for all its numbers? With `repair` damaged files are
 * put right: torn, foreign and NUL lines leave, whole lines stay as they are, byte by byte.
 * @throws PipelineError E_STOPPED when it is aborted
 */
export async function verifyLog(files: readonly LogFile[], options: VerifyOptions): Promise<LogReport> {
  const account = logAccount();
  const reports: FileReport[] = [];
  for (const file of files) reports.push(await verifyFile(file, account, options));
  const streams = account.streams();
  const isWhole = reports.every(({ troubles, repair }) => troubles === 0 || (repair !== null && "kept" in repair)) && streams.every(({ missing, disordered }) => missing === 0 && disordered === 0);
  return { files: reports, streams, isWhole };
}

async function verifyFile(file: LogFile, account: ReturnType<typeof logAccount>, { onTrouble, parquetLines, repair, clock, signal, onEntry }: VerifyOptions): Promise<FileReport> {
  const { path, kind } = file;
  let records = 0;
  let troubles = 0;
  const told = (trouble: LogTrouble): void => {
    troubles += 1;
    onTrouble(trouble);
  };
  for await (const entry of readRecords([file], { onTrouble: told, ...(parquetLines && { parquetLines }) })) {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped while the log was verified");
    records += 1;
    onEntry?.(entry);
    const problem = account.take(entry.record);
    if (problem !== null) onTrouble({ path, line: entry.line, message: problem });
  }
  const isNeeded = repair && troubles > 0 && kind !== "parquet";
  return { path, records, troubles, repair: isNeeded ? await repaired(file, records, clock) : null };
}

async function repaired(file: LogFile, records: number, clock: Clock): Promise<NonNullable<FileReport["repair"]>> {
  // A file of somebody else would be emptied.
  if (records === 0) return { problem: "none of its lines is a record; it is left as it is" };
  try {
    await using _lock = await lockLog(file.path, clock);
    return { kept: await withGoodLines(file) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** The new file is whole and on the disk before it takes the other's name, and that one has another name by then. @returns where the file as it was is */
async function withGoodLines(file: LogFile): Promise<string> {
  const half = join(dirname(file.path), `.${basename(file.path)}.repairing`);
  await writeWhole(half, (handle) => packInto(handle, Readable.from(goodLines(file)), file.kind === "parquet" ? "none" : file.kind));
  const kept = await freeName(`${file.path}.damaged`);
  await link(file.path, kept);
  await renameForGood(half, file.path);
  return kept;
}

async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? path : `${path}.${number}`;
    if ((await stat(name).catch(() => undefined)) === undefined) return name;
  }
}
