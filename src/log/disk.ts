import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the folder's names (new, renamed, removed files) survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
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
