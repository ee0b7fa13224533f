import { open, stat } from "node:fs/promises";
import { outputError } from "../sinks/index.js";
import { partsOf, streamsOf, type LogFile } from "./files.js";
import { pathFor, STREAM_PLACE } from "./names.js";
import { readRecords } from "./read.js";
import { readAt, setTailRight } from "./tail.js";

/** Where a stream's records end. */
export interface LastFrame {
  readonly frame: number;
  readonly epoch: number;
}

/** So much of a file's end is looked at, bytes: some 10,000 records of ten objects. */
const TAIL_BYTES = 8 * 1024 * 1024;

/**
 * Where each stream's records end in the log at `path`, for who goes on with it. A line that a killed process left torn is
 * cut away first. Looks at the last 8 MiB of the open file, and where that has less also at the part closed last. Empty
 * where there is no log, or no regular file.
 * @throws PipelineError E_OUT_WRITE, E_LOG_FOREIGN
 */
export async function lastFrames(path: string): Promise<Map<string, LastFrame>> {
  const last = new Map<string, LastFrame>();
  for (const one of path.includes(STREAM_PLACE) ? (await streamsOf(path)).map((stream) => pathFor(path, stream)) : [path]) {
    const sizeBytes = await ofOpenFile(one, last, "repair");
    const newest = sizeBytes < TAIL_BYTES ? (await partsOf(one)).at(-1) : undefined;
    if (newest) await ofPart(newest, last);
  }
  return last;
}

/** @returns its size; 0 where it is missing or a device. */
async function ofOpenFile(path: string, last: Map<string, LastFrame>, how: "repair" | "read"): Promise<number> {
  try {
    const there = await stat(path);
    if (!there.isFile()) return 0;
    const file = await open(path, how === "repair" ? "r+" : "r");
    try {
      const { sizeBytes } = how === "repair" ? await setTailRight(file, there.size) : { sizeBytes: there.size };
      const fromBytes = Math.max(0, sizeBytes - TAIL_BYTES);
      const found = new Map<string, LastFrame>();
      for (const line of (await readAt(file, fromBytes, sizeBytes - fromBytes)).toString().split("\n")) note(line, found);
      for (const [stream, frame] of found) if (!last.has(stream)) last.set(stream, frame);
      return sizeBytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    // What is missing or a folder is for who opens it to tell.
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(code)) return 0;
    throw outputError(error, "read", path);
  }
}

/** What stands in the open file is newer. */
async function ofPart(part: LogFile, last: Map<string, LastFrame>): Promise<void> {
  if (part.kind === "none") return void (await ofOpenFile(part.path, last, "read"));
  const found = new Map<string, LastFrame>();
  for await (const { record } of readRecords([part], { onTrouble: () => undefined })) {
    if (record.type === "frame") found.set(record.stream, { frame: record.frame, epoch: record.epoch });
  }
  for (const [stream, frame] of found) if (!last.has(stream)) last.set(stream, frame);
}

function note(line: string, last: Map<string, LastFrame>): void {
  try {
    const { type, stream, frame, epoch } = JSON.parse(line) as { type: string; stream: string } & LastFrame;
    if (type === "frame" && Number.isSafeInteger(frame) && Number.isSafeInteger(epoch)) last.set(stream, { frame, epoch });
  } catch {
    // The first line of the tail is cut at its beginning; others are not ours.
  }
}
