import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../core/clock.js";
import { systemCodeOf } from "../core/errors.js";

/** A part that was not written for so long belongs to nobody any more: a pull gives up sooner when nothing comes, ms. */
const ABANDONED_MS = 120_000;

/** What has come of a file so far, in a file of this process alone. */
export interface Part extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Begins anew. */
  clear(): Promise<void>;
  /** Makes it safe and gives it its name, all at once. Whoever reads that name sees the whole file or what was there before. */
  finish(): Promise<void>;
  /** Throws it away. */
  discard(): Promise<void>;
}

/**
 * Opens the part of the file at `path`: what an earlier pull has left, or an empty one. Two pulls never write the same
 * part: a left one is taken by giving it another name, which only one of them can. Disposing leaves it for the next.
 * @throws the system's errors
 */
export async function openPart(path: string, clock: Clock): Promise<Part> {
  const mine = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.part`;
  for (const left of await leftParts(path, clock)) {
    if (await renamed(left, mine)) break;
  }
  const file = await open(mine, "a+");
  return partOf(path, mine, file, (await file.stat()).size);
}

function partOf(path: string, mine: string, file: FileHandle, startBytes: number): Part {
  let sizeBytes = startBytes;
  let isOver = false;
  const close = async (): Promise<void> => {
    isOver = true;
    await file.close();
  };
  return {
    path: mine,
    get sizeBytes() {
      return sizeBytes;
    },
    async append(bytes) {
      await file.appendFile(bytes);
      sizeBytes += bytes.length;
    },
    async clear() {
      await file.truncate(0);
      sizeBytes = 0;
    },
    async finish() {
      await file.sync();
      await close();
      await rename(mine, path);
    },
    async discard() {
      await close();
      await rm(mine, { force: true });
    },
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      await close();
      if (sizeBytes > 0) await renamed(mine, freeName(path));
      else await rm(mine, { force: true });
    },
  };
}

/** The name of a part that nobody writes. */
function freeName(path: string): string {
  return `${path}.part`;
}

/** Parts that may be taken, those that were given back first. */
async function leftParts(path: string, clock: Clock): Promise<string[]> {
  const folder = dirname(path);
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith(".part"));
  const left = await Promise.all(names.map(async (name) => ((await isAbandoned(join(folder, name), clock)) ? [join(folder, name)] : [])));
  const free = freeName(path);
  return [free, ...left.flat().filter((one) => one !== free)];
}

async function isAbandoned(path: string, clock: Clock): Promise<boolean> {
  const facts = await stat(path).catch(() => null);
  return facts !== null && clock.wallMs() - facts.mtimeMs > ABANDONED_MS;
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (thrown) {
    if (systemCodeOf(thrown) === "ENOENT") return false;
    throw thrown;
  }
}
