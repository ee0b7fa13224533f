import { open, type FileHandle } from "node:fs/promises";
import { outputError } from "./target.js";

/** Where a stream's records end. */
export interface LastFrame {
  readonly frame: number;
  readonly epoch: number;
}

const NEWLINE = 0x0a;
/** So much of a file's end is looked at, bytes: some 10,000 records of ten objects. */
const TAIL_BYTES = 8 * 1024 * 1024;

/**
 * Prepares a JSONL file to be gone on with: a line that a killed process left torn is cut away, and the last frame of each
 * stream is read from the file's end (8 MiB of it). Empty where there is no such file, or it is no regular one.
 * @throws PipelineError E_OUT_WRITE
 */
export async function resumeJsonl(path: string): Promise<Map<string, LastFrame>> {
  const last = new Map<string, LastFrame>();
  try {
    const file = await open(path, "r+");
    try {
      const about = await file.stat();
      if (about.isFile()) for (const line of await wholeTail(file, about.size)) note(line, last);
    } finally {
      await file.close();
    }
  } catch (error) {
    // What is missing, a device or a folder is for who opens it to tell.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EISDIR", "ENXIO"].includes(code)) return last;
    throw outputError(error, "read", path);
  }
  return last;
}

/** The whole lines at the file's end, after what is torn was cut away. */
async function wholeTail(file: FileHandle, sizeBytes: number): Promise<string[]> {
  const fromBytes = Math.max(0, sizeBytes - TAIL_BYTES);
  const tail = Buffer.alloc(sizeBytes - fromBytes);
  for (let done = 0; done < tail.length; ) {
    const { bytesRead } = await file.read(tail, done, tail.length - done, fromBytes + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  const wholeBytes = tail.lastIndexOf(NEWLINE) + 1;
  // A tail without a line's end is no log of ours: nothing of it is taken away.
  if (wholeBytes === 0 && fromBytes > 0) return [];
  if (wholeBytes < tail.length) await file.truncate(fromBytes + wholeBytes);
  return tail.subarray(0, wholeBytes).toString().split("\n");
}

function note(line: string, last: Map<string, LastFrame>): void {
  try {
    const { type, stream, frame, epoch } = JSON.parse(line) as { type: string; stream: string } & LastFrame;
    if (type === "frame" && Number.isSafeInteger(frame) && Number.isSafeInteger(epoch)) last.set(stream, { frame, epoch });
  } catch {
    // The first line of the tail is cut at its beginning; others are not ours.
  }
}
