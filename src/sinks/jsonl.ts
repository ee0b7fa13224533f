import { open, type FileHandle } from "node:fs/promises";
import type { Clock } from "../core/clock.js";
import { LineSink, type LineSinkLimits } from "./line-sink.js";
import { outputError, type WriteTarget } from "./target.js";

const NEWLINE = 0x0a;

/** Whether a regular file ends in the middle of a line, as a killed process leaves it. */
async function hasTornTail(path: string, sizeBytes: number): Promise<boolean> {
  if (sizeBytes === 0) return false;
  const file = await open(path, "r");
  try {
    const last = Buffer.alloc(1);
    await file.read(last, 0, 1, sizeBytes - 1);
    return last[0] !== NEWLINE;
  } finally {
    await file.close();
  }
}

/** Takes the part of a line away that a full disk let through. Leaves the file alone when somebody else appended to it. */
async function cutTornLine(file: FileHandle, beforeBytes: number, written: Buffer): Promise<void> {
  const { size: sizeBytes } = await file.stat();
  if (sizeBytes !== beforeBytes + written.length) return;
  await file.truncate(beforeBytes + written.lastIndexOf(NEWLINE) + 1);
}

/** Appends to a regular file. `sizeBytes` is where it ended when it was opened. */
function regularFile(file: FileHandle, name: string, sizeBytes: number): WriteTarget {
  let endBytes = sizeBytes;
  return {
    name,
    async write(chunk) {
      let done = 0;
      try {
        while (done < chunk.length) done += (await file.write(chunk, done)).bytesWritten;
      } catch (error) {
        await cutTornLine(file, endBytes, chunk.subarray(0, done));
        throw error;
      }
      endBytes += chunk.length;
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

/** Writes to what is no regular file: a pipe, a terminal, /dev/full. There is no end to look at and nothing to sync. */
function device(file: FileHandle, name: string): WriteTarget {
  return {
    name,
    async write(chunk) {
      for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
    },
    close: () => file.close(),
  };
}

async function openTarget(path: string): Promise<WriteTarget> {
  const file = await open(path, "a");
  try {
    const about = await file.stat();
    if (!about.isFile()) return device(file, path);
    let sizeBytes = about.size;
    if (await hasTornTail(path, sizeBytes)) sizeBytes += (await file.write("\n")).bytesWritten;
    return regularFile(file, path, sizeBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Opens a JSONL file for appending; makes it when it is missing, not its folder.
 * The file holds whole lines only: a line that an earlier, killed process left torn is ended with a newline (nothing is
 * deleted), a line that a full disk tore is taken away again.
 * @throws PipelineError E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL
 */
export async function openJsonl(path: string, clock: Clock, limits?: Partial<LineSinkLimits>): Promise<LineSink> {
  try {
    return new LineSink(await openTarget(path), clock, limits);
  } catch (error) {
    throw outputError(error, "open", path);
  }
}
