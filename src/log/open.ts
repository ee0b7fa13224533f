import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { LineSink, openDevice, outputError, type Sink, type SinkHealth } from "../sinks/index.js";
import { fanOut } from "./fan.js";
import { streamsOf } from "./files.js";
import { keeper, type Keeper } from "./keeper.js";
import { pathFor, STREAM_PLACE, type Compression, type Period } from "./names.js";
import { canPack } from "./pack.js";
import { logTarget } from "./target.js";
import { thinned, type EmptyFrames } from "./thin.js";

const MIB = 1024 * 1024;

/** How a log is written; the settings' section `log` fits it. */
export interface LogOptions {
  /** With `{stream}` in its file name each stream has a log of its own. */
  readonly path: string;
  readonly rotate: { readonly every: Period; readonly maxMiB: number | null };
  readonly pack: Compression;
  readonly keep: { readonly days: number | null; readonly totalMiB: number | null };
  readonly emptyFrames: EmptyFrames;
  readonly heartbeatMs: number;
  /** After a write it takes at most this long until what was written survives a power cut. */
  readonly syncMs: number;
  /** What may wait in memory for a disk that is slow or full. */
  readonly bufferMiB: number;
}

/** A log in one file that grows. */
const PLAIN: Omit<LogOptions, "path"> = { rotate: { every: "none", maxMiB: null }, pack: "none", keep: { days: null, totalMiB: null }, emptyFrames: "all", heartbeatMs: 10_000, syncMs: 1000, bufferMiB: 8 };

/** What a log needs from outside. */
export interface LogWorld {
  readonly clock: Clock;
  /** Something that the operator should know. */
  readonly notice?: (notice: { readonly level: "info" | "warn"; readonly message: string; readonly code?: PipelineError["code"] }) => void;
  /** With `{stream}`: streams that are known by now; their logs are opened at once. */
  readonly streams?: readonly string[];
  /** Whether to wait for a disk that is full or a folder that has gone, asked whenever that happens; else it is the end. */
  readonly outlives?: () => boolean;
}

/**
 * Opens a log for appending; makes its file when it is missing, not its folder. Whole lines only; one process at a time;
 * records are acknowledged (`syncedRecords`) once they survive a power cut. The end that a crash left is set right first.
 * What is no regular file (a pipe, /dev/full) is written as it is.
 * @throws PipelineError E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL, E_LOG_LOCKED, E_LOG_FOREIGN; E_CONFIG where this Node can't pack with zstd
 */
export async function openLog(options: Pick<LogOptions, "path"> & Partial<LogOptions>, world: LogWorld): Promise<Sink> {
  const all: LogOptions = { ...PLAIN, ...options };
  const [packed] = /\.(gz|zst|parquet)$/.exec(all.path) ?? [];
  if (packed !== undefined) throw new PipelineError("E_CONFIG", `${all.path}: a log is written as plain lines, so its name can't end with ${packed}; log.pack packs its closed files`);
  if (!canPack(all.pack)) throw new PipelineError("E_CONFIG", `log.pack: zstd needs Node 22.15 or newer, this is ${process.versions.node}; gzip is there`);
  try {
    if (all.path.includes(STREAM_PLACE)) return thin(await openForEach(all, world), all, world);
    const there = await stat(all.path).catch(() => undefined);
    if (there && !there.isFile()) return await openDevice(all.path, world.clock);
    return thin(await openedNow(logSink(all, keeperOf(all, world), world)), all, world);
  } catch (error) {
    throw outputError(error, "open", all.path);
  }
}

const thin = (sink: Sink, { emptyFrames, heartbeatMs }: LogOptions, { clock }: LogWorld): Sink => thinned(sink, emptyFrames, heartbeatMs, clock);

/** A folder that is missing or closed to us is told at once, not with the first record. */
async function mayWrite(folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK);
}

/** A log that is opened with its first write, or before that. */
interface LaterLog {
  readonly sink: Sink;
  readonly open: () => Promise<void>;
}

async function openedNow({ sink, open }: LaterLog): Promise<Sink> {
  try {
    await open();
    return sink;
  } catch (error) {
    await sink[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

/**
 * A log for each stream: those of streams that are known are opened now, what may be wrong with them is told at once; the
 * closed files of streams that are no more are looked after too.
 */
async function openForEach(options: LogOptions, world: LogWorld): Promise<Sink> {
  await mayWrite(dirname(options.path));
  const known = world.streams ?? [];
  const optionsOf = (stream: string): LogOptions => ({ ...options, path: pathFor(options.path, stream) });
  const gone = (await streamsOf(options.path)).filter((stream) => !known.includes(stream));
  const keepers = new Map(gone.map((stream) => [stream, keeperOf(optionsOf(stream), world)]));
  const logOf = (stream: string): LaterLog => {
    const tidy = keepers.get(stream) ?? keeperOf(optionsOf(stream), world);
    keepers.delete(stream);
    return logSink(optionsOf(stream), tidy, world);
  };
  for (const { look } of keepers.values()) look();
  const sink = fanOut(options.path, (stream) => logOf(stream).sink, async () => void (await Promise.all([...keepers.values()].map((one) => one[Symbol.asyncDispose]()))));
  try {
    for (const stream of known) sink.add(stream, await openedNow(logOf(stream)));
    return sink;
  } catch (error) {
    await sink[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}

/** Looks after closed files, from the first `look` on; nothing to pack and nothing to remove = nobody does. */
function keeperOf({ path, pack, keep }: LogOptions, { clock, notice = () => undefined }: LogWorld): Keeper {
  const totalBytes = keep.totalMiB === null ? null : keep.totalMiB * MIB;
  const isNeeded = pack !== "none" || keep.days !== null || totalBytes !== null;
  let kept: Keeper | undefined;
  return {
    look() {
      if (kept) kept.look();
      else if (isNeeded) kept = keeper({ path, pack, keep: { days: keep.days, totalBytes }, clock, notice: (message) => notice({ level: "info", message }) });
    },
    [Symbol.asyncDispose]: async () => kept?.[Symbol.asyncDispose](),
  };
}

function logSink({ path, rotate, syncMs, bufferMiB }: LogOptions, kept: Keeper, { clock, notice = () => undefined, outlives = () => false }: LogWorld): LaterLog {
  const maxBytes = rotate.maxMiB === null ? null : rotate.maxMiB * MIB;
  const target = logTarget(path, { every: rotate.every, maxBytes }, { clock, notice: (message) => notice({ level: "warn", message }), onClosed: () => kept.look() });
  const sink = new LineSink(target, clock, { syncMs, hardBytes: bufferMiB * MIB }, { outlives, onHealth: (health) => notice(healthNotice(path, bufferMiB, health)) });
  const closeLines = sink[Symbol.asyncDispose].bind(sink);
  return {
    sink: Object.assign(sink, {
      async [Symbol.asyncDispose]() {
        try {
          await closeLines();
        } finally {
          await kept[Symbol.asyncDispose]();
        }
      },
    }),
    async open() {
      await target.open();
      kept.look();
    },
  };
}

function healthNotice(path: string, bufferMiB: number, health: SinkHealth): Parameters<NonNullable<LogWorld["notice"]>>[0] {
  if (health.is === "failing") {
    return { level: "warn", code: health.error.code, message: `${health.error.message}; up to ${bufferMiB} MiB of records wait, then the newest are lost and counted; tried again until it works` };
  }
  const lost = health.lostRecords === 0 ? "nothing was lost" : `${health.lostRecords} records were lost`;
  return { level: "info", message: `${path} is written again after ${(health.forMs / 1000).toFixed(1)} s; ${lost}` };
}
