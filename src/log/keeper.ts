import { createReadStream, existsSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import { removeForGood, renameForGood, writeWhole } from "./disk.js";
import { partsOf } from "./files.js";
import { lockLog } from "./lock.js";
import { packInto } from "./pack.js";
import { logNameReader, packedPath, type Compression, type PartName } from "./names.js";

/** How long closed parts are kept. */
export interface KeepRules {
  /** After so many days they are removed; null = never for that reason. */
  readonly days: number | null;
  /** As long as all files of a log have more bytes, the oldest closed one is removed; null = never for that reason. */
  readonly totalBytes: number | null;
}

/** A closed part, as retention sees it. */
export interface KeptPart {
  readonly path: string;
  readonly part: PartName;
  readonly sizeBytes: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Retention is looked at after each rotation and this often, ms. */
const LOOK_MS = HOUR_MS;
/** Half-made files begin and end like this. */
const TEMPORARY = { begin: ".", end: ".packing" } as const;

/**
 * Held by who packs, removes or compacts closed parts of the log at `path`: two at once would count records twice.
 * @throws PipelineError E_LOG_LOCKED
 */
export const lockTidying = (path: string, clock: Clock): Promise<AsyncDisposable> => lockLog(`${path}.tidying`, clock);

/** When a part's period is over, ms since 1970. */
function endOf({ period }: PartName): number {
  const isDay = !period.includes("T");
  return Date.parse(isDay ? `${period}T00:00:00Z` : `${period}:00:00Z`) + (isDay ? DAY_MS : HOUR_MS);
}

/** The closed parts (oldest first) that are to go. `openBytes`: of the file that is written. Pure. */
export function partsToRemove(parts: readonly KeptPart[], openBytes: number, { days, totalBytes }: KeepRules, nowMs: number): string[] {
  let left = openBytes + parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return parts.flatMap(({ path, part, sizeBytes }) => {
    const isTooOld = days !== null && nowMs - endOf(part) > days * DAY_MS;
    if (!isTooOld && (totalBytes === null || left <= totalBytes)) return [];
    left -= sizeBytes;
    return [path];
  });
}

/** What a keeper needs to know. */
export interface KeeperOptions {
  readonly path: string;
  readonly pack: Compression;
  readonly keep: KeepRules;
  readonly clock: Clock;
  readonly notice: (message: string) => void;
}

/** Packs and removes closed parts, one thing at a time, beside the writer. Closing leaves nothing half made. */
export interface Keeper extends AsyncDisposable {
  /** Something has changed: looks again. */
  look(): void;
}

/** Starts the keeper with a first look: what an earlier run left unpacked or half packed is dealt with too. */
export function keeper(options: KeeperOptions): Keeper {
  const { clock, notice, path } = options;
  const stop = new AbortController();
  let isDue = false;
  let working: Promise<void> | undefined;
  const look = (): void => {
    isDue = true;
    working ??= work().finally(() => (working = undefined));
  };
  async function work(): Promise<void> {
    while (isDue && !stop.signal.aborted) {
      isDue = false;
      try {
        await tidy(options, stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) notice(`${path}: its closed parts could not be looked after (${messageOf(error)}); tried again later`);
      }
    }
  }
  const timer = clock.every(LOOK_MS, look);
  look();
  return {
    look,
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]();
      stop.abort();
      await working;
    },
  };
}

async function tidy({ path, pack, keep, clock, notice }: KeeperOptions, stop: AbortSignal): Promise<void> {
  await using _tidying = await lockTidying(path, clock);
  await removeHalfMade(path);
  for (const one of await partsOf(path)) {
    if (one.kind !== "none" || pack === "none" || stop.aborted) continue;
    await packPart(one.path, pack, stop).catch((error: unknown) => {
      if (!stop.aborted && existsSync(one.path)) notice(`${one.path} could not be packed (${messageOf(error)})`);
    });
  }
  if (keep.days === null && keep.totalBytes === null) return;
  const parts = await Promise.all((await partsOf(path)).map(async ({ path: at, part }) => ({ path: at, part, sizeBytes: await sizeOf(at) })));
  for (const old of partsToRemove(parts, await sizeOf(path), keep, clock.wallMs())) {
    if (stop.aborted) return;
    await removeForGood(old);
    notice(`${old} was removed, as log.keep says`);
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** A crash while packing left it; the part itself is still there. */
async function removeHalfMade(path: string): Promise<void> {
  const folder = dirname(path);
  const read = logNameReader(path);
  for (const name of await readdir(folder)) {
    // That of another log whose name begins alike may be at work.
    const isHalf = name.startsWith(TEMPORARY.begin) && name.endsWith(TEMPORARY.end) && read(name.slice(TEMPORARY.begin.length, -TEMPORARY.end.length))?.part;
    if (isHalf) await rm(join(folder, name), { force: true });
  }
}

/** Packs a closed part: the packed one is whole and on the disk before the other goes. */
async function packPart(path: string, pack: Exclude<Compression, "none">, signal: AbortSignal): Promise<void> {
  const packed = packedPath(path, pack);
  const half = join(dirname(path), `${TEMPORARY.begin}${basename(packed)}${TEMPORARY.end}`);
  await writeWhole(half, (file) => packInto(file, createReadStream(path), pack, signal));
  await renameForGood(half, packed);
  await removeForGood(path);
}
