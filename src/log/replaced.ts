import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { renameForGood, writeWhole } from "./disk.js";

/** A part that a Parquet file stands for; size and time tell it from a later part of the same name. */
interface ReplacedPart {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/**
 * Ending of the note beside a Parquet file that says which parts it stands for. It is written before the Parquet file gets
 * its name, and removed when the parts have gone: whatever stops the work in between, each record counts once.
 */
const NOTE_ENDING = ".replaces";
/** The note's place. */
export const replacesNote = (parquetPath: string): string => `${parquetPath}${NOTE_ENDING}`;

/** Writes the note, for good. It counts from the moment on that the Parquet file has its name. */
export async function noteReplaced(parquetPath: string, partPaths: readonly string[]): Promise<void> {
  const parts: ReplacedPart[] = await Promise.all(partPaths.map(async (path) => ({ name: basename(path), ...(await markOf(path)) })));
  const half = `${replacesNote(parquetPath)}.part`;
  await writeWhole(half, (file) => file.writeFile(JSON.stringify(parts)));
  await renameForGood(half, replacesNote(parquetPath));
}

/** Size and time of a file: what is the same has not been written to. */
export async function markOf(path: string): Promise<Omit<ReplacedPart, "name">> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, modifiedMs: mtimeMs };
}

/** Parts that are still there and that the Parquet file stands for; none as long as it has no note, or is not there itself. */
export async function stillReplaced(parquetPath: string): Promise<string[]> {
  try {
    await stat(parquetPath);
    const parts = JSON.parse(await readFile(replacesNote(parquetPath), "utf8")) as ReplacedPart[];
    const found = await Promise.all(parts.map(async ({ name, bytes, modifiedMs }) => {
      const path = join(dirname(parquetPath), name);
      const now = await markOf(path).catch(() => undefined);
      return now?.bytes === bytes && now.modifiedMs === modifiedMs ? [path] : [];
    }));
    return found.flat();
  } catch {
    return [];
  }
}

/** The files without parts that a Parquet file among them stands for. */
export async function withoutReplaced<T extends { readonly path: string; readonly kind: string }>(files: readonly T[]): Promise<T[]> {
  const lists = await Promise.all(files.map(async ({ path, kind }) => (kind === "parquet" ? await stillReplaced(path) : [])));
  const replaced = new Set(lists.flat().map((path) => resolve(path)));
  return replaced.size === 0 ? [...files] : files.filter(({ path }) => !replaced.has(resolve(path)));
}
