import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the folder's names (new, renamed, removed files) survive a power cut. */
export const syncFolder = (folder: string): Promise<void> => synced(folder, "r");

/** Makes what a file holds survive a power cut. */
export const syncFile = (path: string): Promise<void> => synced(path, "r+");

async function synced(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes a file that is whole and on the disk when this settles; when it rejects there is none. It has no good name yet: rename it. */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, "w");
  try {
    await write(file);
    await file.sync();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Renames within a folder, for good. */
export async function renameForGood(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Removes a file, for good. */
export async function removeForGood(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}
