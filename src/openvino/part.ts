import { randomBytes } from "node:crypto";
import { utimesSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Clock } from "../core/clock.js";
import { systemCodeOf } from "../core/errors.js";
import { namesIn } from "./library.js";

/** How often who fills a part says that it is still there, and after which silence the part belongs to nobody, ms. */
const BEAT_MS = 10_000;
const ABANDONED_MS = 120_000;
const PART_NAME = /^\.openvino-.*\.part$/;

/** A folder that is being filled, of this process alone. Disposing removes it with all that is in it. */
export interface Part extends AsyncDisposable {
  readonly path: string;
  /** The bytes that files with a name of this pattern have, whichever folder of it they are in. */
  bytesOf(pattern: RegExp): Promise<number>;
}

/** Makes a part beside what it is to become. @throws the system's errors */
export async function openPart(folder: string, name: string, clock: Clock): Promise<Part> {
  const path = join(folder, `.${name}.${process.pid}-${randomBytes(4).toString("hex")}.part`);
  await mkdir(path);
  const beat = clock.every(BEAT_MS, () => touch(path, clock));
  return {
    path,
    bytesOf: (pattern) => bytesIn(path, pattern),
    async [Symbol.asyncDispose]() {
      beat[Symbol.dispose]();
      await removeTree(path);
    },
  };
}

function touch(path: string, clock: Clock): void {
  const nowS = clock.wallMs() / 1000;
  try {
    utimesSync(path, nowS, nowS);
  } catch {
    // It is gone: whoever fills it will meet that.
  }
}

/** Removes the parts of those who were killed while they filled them. What can't be removed stays. */
export async function removeAbandoned(folder: string, clock: Clock): Promise<void> {
  for (const name of namesIn(folder).filter((one) => PART_NAME.test(one))) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    if (facts !== null && clock.wallMs() - facts.mtimeMs > ABANDONED_MS) await removeTree(path).catch(() => undefined);
  }
}

/** Removes a folder that is in use no more, at once for whoever looks for its name. @throws the system's errors */
export async function removeFolder(path: string): Promise<void> {
  const gone = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString("hex")}.part`);
  await rename(path, gone);
  await removeTree(gone);
}

async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/**
 * Gives a folder its name, once all that is in it is safe on the disk.
 * @returns false when the name is taken, by one that is as whole
 * @throws the system's errors
 */
export async function renameWhole(from: string, to: string): Promise<boolean> {
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) await synced(join(entry.parentPath, entry.name));
  await synced(from);
  try {
    await rename(from, to);
  } catch (thrown) {
    if (!TAKEN.has(systemCodeOf(thrown)) || (await stat(to).catch(() => null)) === null) throw thrown;
    return false;
  }
  await synced(dirname(to));
  return true;
}

/** What systems call a name that a folder with something in it has. */
const TAKEN: ReadonlySet<string> = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

async function synced(path: string): Promise<void> {
  // Windows opens no folder as a file, and keeps its names without being asked.
  if (process.platform === "win32" && (await stat(path)).isDirectory()) return;
  const handle = await open(path, process.platform === "win32" ? "r+" : "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The bytes of all files in a folder whose names match. What goes away meanwhile counts nothing. */
export async function bytesIn(folder: string, pattern = /^/): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  const sizes = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
