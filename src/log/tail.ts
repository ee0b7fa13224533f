import type { FileHandle } from "node:fs/promises";
import { PipelineError } from "../core/errors.js";

const NEWLINE = 0x0a;
/** So much of a file's end is looked at for the begin of its last line: more than a line may have. */
const TAIL_BYTES = 16 * 1024 * 1024;
/** So much of its begin is looked at to know whose it is. */
const HEAD_BYTES = 64 * 1024;
/** What each of our lines begins with. */
const OUR_BEGIN = '{"v":';

/** What was done to a file's end. */
export interface TailRepair {
  /** Where the file ends now. */
  readonly sizeBytes: number;
  /** Bytes of a torn line that were cut away. */
  readonly cutBytes: number;
}

/** Reads bytes; fewer where the file ends. */
export async function readAt(file: FileHandle, fromBytes: number, lengthBytes: number): Promise<Buffer> {
  const bytes = Buffer.alloc(lengthBytes);
  let done = 0;
  while (done < lengthBytes) {
    const { bytesRead } = await file.read(bytes, done, lengthBytes - done, fromBytes + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/**
 * Whether the file begins as a log of ours does; when it does not, nothing may be appended to it. An empty file is ours,
 * and one whose begin a power cut turned into NUL bytes.
 * @returns its first line where that is whole
 * @throws PipelineError E_LOG_FOREIGN
 */
export async function firstLineOf(file: FileHandle, path: string): Promise<string | null> {
  const head = await readAt(file, 0, HEAD_BYTES);
  const end = head.indexOf(NEWLINE);
  const line = head.subarray(0, end < 0 ? head.length : end);
  if (line.every((byte) => byte === 0)) return null;
  const text = line.toString();
  if (!isOurs(beginOf(line))) throw new PipelineError("E_LOG_FOREIGN", `${path}: its first line is no record of sightline: ${JSON.stringify(text.slice(0, 60))}`);
  return end < 0 ? null : text;
}

/** The letters that a line begins with, as far as they came: a power cut may have left NUL bytes behind them. */
function beginOf(line: Buffer): string {
  const begin = line.subarray(0, OUR_BEGIN.length);
  const end = begin.indexOf(0);
  return begin.subarray(0, end < 0 ? begin.length : Math.max(1, end)).toString();
}

/** A beginning that was torn has fewer letters. */
const isOurs = (text: string): boolean => (text.length < OUR_BEGIN.length ? OUR_BEGIN.startsWith(text) : text.startsWith(OUR_BEGIN));

/**
 * Sets the end of a file right that a crash or a power cut left in the middle of a line: a torn record and NUL bytes are cut
 * away. Something else without a line's end is not ours: it gets its end, and nothing of it is lost.
 */
export async function setTailRight(file: FileHandle, sizeBytes: number): Promise<TailRepair> {
  const fromBytes = Math.max(0, sizeBytes - TAIL_BYTES);
  const tail = await readAt(file, fromBytes, sizeBytes - fromBytes);
  const lineBegin = tail.lastIndexOf(NEWLINE) + 1;
  const torn = tail.subarray(lineBegin);
  if (torn.length === 0) return { sizeBytes, cutBytes: 0 };
  const isWholeInTail = lineBegin > 0 || fromBytes === 0;
  if (isWholeInTail && (isOurs(beginOf(torn)) || torn.every((byte) => byte === 0))) {
    await file.truncate(fromBytes + lineBegin);
    return { sizeBytes: fromBytes + lineBegin, cutBytes: torn.length };
  }
  await file.write("\n", sizeBytes);
  return { sizeBytes: sizeBytes + 1, cutBytes: 0 };
}
