import { open, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { TargetFailure } from "../sinks/index.js";
import { syncFolder } from "./disk.js";
import { firstLineOf, setTailRight } from "./tail.js";

const NEWLINE = 0x0a;

/** The file of a log that is written. */
export interface OpenPart {
  readonly sizeBytes: number;
  /** When its first record was made, ms since 1970; null = it has none. */
  readonly firstMs: number | null;
  /** Bytes of a torn line that were cut away when it was opened. */
  readonly cutBytes: number;
  /** Appends whole lines, or rejects with a TargetFailure that says how many bytes have stayed. */
  append(chunk: Buffer): Promise<void>;
  sync(): Promise<void>;
  /** Whether the path still leads here: `moved` = the file is elsewhere now, `removed` = it has gone. */
  whereabouts(): Promise<"here" | "moved" | "removed">;
  close(): Promise<void>;
}

/**
 * Opens a log's file for appending, made when it is missing, and sets its end right.
 * @throws PipelineError E_LOG_FOREIGN; the system's errors
 */
export async function openPart(path: string): Promise<OpenPart> {
  const file = await open(path, "a+");
  try {
    const { size } = await file.stat();
    const first = size === 0 ? null : await firstLineOf(file, path);
    const { sizeBytes, cutBytes } = await setTailRight(file, size);
    if (size === 0) await syncFolder(dirname(path));
    return partOf(file, path, { sizeBytes, cutBytes, firstMs: first === null ? null : timeIn(first) });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** When the record of a line was made; null when it does not say. */
function timeIn(line: string): number | null {
  const [, at] = /"(?:publishedAt|at)":"([^"]+)"/.exec(line) ?? [];
  const atMs = Date.parse(at ?? "");
  return Number.isNaN(atMs) ? null : atMs;
}

function partOf(file: FileHandle, path: string, { sizeBytes, cutBytes, firstMs }: Pick<OpenPart, "sizeBytes" | "cutBytes" | "firstMs">): OpenPart {
  let endBytes = sizeBytes;
  return {
    get sizeBytes() {
      return endBytes;
    },
    firstMs,
    cutBytes,
    async append(chunk) {
      let done = 0;
      try {
        while (done < chunk.length) done += (await file.write(chunk, done)).bytesWritten;
      } catch (error) {
        const keptBytes = await cutTornLine(file, endBytes, chunk.subarray(0, done));
        endBytes += keptBytes;
        throw new TargetFailure(error, { bytes: keptBytes });
      }
      endBytes += chunk.length;
    },
    sync: () => file.datasync(),
    async whereabouts() {
      // In this order: what is gone by then has no name left when its links are counted.
      const there = await stat(path).catch(() => undefined);
      const ours = await file.stat();
      if (there?.ino === ours.ino && there.dev === ours.dev) return "here";
      return ours.nlink === 0 ? "removed" : "moved";
    },
    close: () => file.close(),
  };
}

/** Takes the part of a line away that a full disk let through; how many bytes of whole lines stay. */
async function cutTornLine(file: FileHandle, beforeBytes: number, written: Buffer): Promise<number> {
  const keptBytes = written.lastIndexOf(NEWLINE) + 1;
  await file.truncate(beforeBytes + keptBytes);
  return keptBytes;
}
