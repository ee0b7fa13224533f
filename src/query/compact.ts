import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { existsSync } from "node:fs";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError } from "../core/errors.js";
import { lockTidying, markOf, noteReplaced, partPath, partsOf, pathFor, removeForGood, renameForGood, replacesNote, stillReplaced, STREAM_PLACE, streamsOf, syncFile, type ClosedPart } from "../log/index.js";
import { interruptOn } from "./interrupt.js";
import { writeParquet } from "./parquet.js";

/** A day that was put together, or would be, or could not be. */
export interface CompactedDay {
  /** `2026-11-20`, of the log at `log`. */
  readonly day: string;
  readonly log: string;
  readonly parts: number;
  readonly bytesBefore: number;
  /** The Parquet file. */
  readonly target: string;
  /** 0 in a dry run and where there is a problem. */
  readonly records: number;
  readonly bytesAfter: number;
  /** Lines that were no JSON, and are gone with the parts. */
  readonly linesLeft: number;
  /** Why the parts stay as they are; null = they do not. */
  readonly problem: string | null;
}

/** How it is done. */
export interface CompactOptions {
  readonly clock: Clock;
  /** Tells what would be done. */
  readonly dryRun: boolean;
  readonly threads: number;
  readonly signal: AbortSignal;
}

const DAY_MS = 86_400_000;
/** So long after its end a day is closed: its last part has been packed by then, ms. */
const SETTLED_MS = 3_600_000;
const DAY_CHARS = 10;

/**
 * Puts the parts of closed days together, one Parquet file each, and removes the parts. The open file, and the day that it
 * belongs to, are left alone. Whatever stops it: each record is there, once, for who reads by `logFiles`, and the next call
 * goes on.
 * @throws PipelineError E_LOG_MISSING, E_LOG_LOCKED, E_QUERY_MISSING, E_STOPPED
 */
export async function* compactLog(path: string, options: CompactOptions): AsyncGenerator<CompactedDay, void, undefined> {
  const logs = basename(path).includes(STREAM_PLACE) ? (await streamsOf(path)).map((stream) => pathFor(path, stream)) : [path];
  const parts = await Promise.all(logs.map((log) => partsOf(log)));
  if (parts.every((some) => some.length === 0) && !logs.some((log) => existsSync(log))) throw new PipelineError("E_LOG_MISSING", `${path}: no log is there, neither the file nor closed parts of it`);
  for (const log of logs) yield* compactOne(log, options);
}

async function* compactOne(log: string, options: CompactOptions): AsyncGenerator<CompactedDay, void, undefined> {
  // A program that writes the log packs and removes its closed parts.
  await using _alone = options.dryRun ? null : await lockTidying(log, options.clock);
  if (!options.dryRun) await finishEarlier(log);
  const replaced = new Set((await Promise.all((await partsOf(log)).map(async ({ path, kind }) => (kind === "parquet" ? await stillReplaced(path) : [])))).flat());
  const days = new Map<string, ClosedPart[]>();
  for (const one of await partsOf(log)) {
    const day = one.part.period.slice(0, DAY_CHARS);
    if (one.kind === "parquet" || replaced.has(one.path) || options.clock.wallMs() < Date.parse(`${day}T00:00:00Z`) + DAY_MS + SETTLED_MS) continue;
    days.set(day, [...(days.get(day) ?? []), one]);
  }
  for (const [day, parts] of days) {
    if (options.signal.aborted) throw new PipelineError("E_STOPPED", "stopped between two days");
    yield await compactDay(log, day, parts, options);
  }
}

/** What an earlier call did not come to do: the parts that a file stands for are removed, then the note. */
async function finishEarlier(log: string): Promise<void> {
  for (const { path, kind } of await partsOf(log)) {
    if (kind !== "parquet" || !existsSync(replacesNote(path))) continue;
    for (const part of await stillReplaced(path)) await removeForGood(part);
    await removeForGood(replacesNote(path));
  }
}

async function compactDay(log: string, day: string, parts: readonly ClosedPart[], { dryRun, threads, signal, clock }: CompactOptions): Promise<CompactedDay> {
  const target = freeTarget(log, day);
  const paths = parts.map(({ path }) => path);
  const before = await Promise.all(paths.map(markOf));
  const about = { day, log, parts: parts.length, bytesBefore: before.reduce((sum, { bytes }) => sum + bytes, 0), target, records: 0, bytesAfter: 0, linesLeft: 0, problem: null };
  if (dryRun) return about;
  const half = `${target}.part`;
  try {
    const { rows, expected, left } = await interruptible(signal, clock, (onOpen) => writeParquet(paths, half, threads, onOpen));
    if (rows === 0) throw new Error("no line of its parts is a record");
    if (rows !== expected) throw new Error(`of ${expected} records ${rows} came out; see: sightline log verify`);
    await syncFile(half);
    const now = await Promise.all(paths.map(markOf));
    if (now.some(({ bytes, modifiedMs }, i) => bytes !== before[i]!.bytes || modifiedMs !== before[i]!.modifiedMs)) throw new Error("its parts were written to meanwhile; run it again");
    const { bytes } = await markOf(half);
    // In this order: the note counts from the moment on that the file has its name.
    await noteReplaced(target, paths);
    await renameForGood(half, target);
    for (const path of paths) await removeForGood(path);
    await removeForGood(replacesNote(target));
    return { ...about, records: rows, bytesAfter: bytes, linesLeft: left };
  } catch (thrown) {
    if (signal.aborted) throw new PipelineError("E_STOPPED", `stopped at ${day}; its parts are as they were`);
    if (thrown instanceof PipelineError && thrown.code === "E_QUERY_MISSING") throw thrown;
    return { ...about, problem: messageOf(thrown).split("\n", 1)[0] ?? "" };
  } finally {
    await rm(half, { force: true });
  }
}

/** Parts that came after the day was put together get a file of their own beside it. */
function freeTarget(log: string, day: string): string {
  for (let number = 1; ; number += 1) {
    const target = partPath(log, { period: day, number, kind: "parquet" });
    if (!existsSync(target)) return target;
  }
}

async function interruptible<T>(signal: AbortSignal, clock: Clock, work: (onOpen: (interrupt: () => void) => void) => Promise<T>): Promise<T> {
  let interrupt: (() => void) | undefined;
  using _until = interruptOn(signal, clock, () => interrupt?.());
  return await work((given) => (interrupt = given));
}
