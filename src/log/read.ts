import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import * as zlib from "node:zlib";
import { messageOf } from "../core/errors.js";
import { parseRecord, type WireRecord } from "../wire/index.js";
import type { LogFile } from "./files.js";
import { splitLines, type RawLine } from "./lines.js";

/** A record, or what was made of its line, and where it stands. */
export interface LogEntry<T = WireRecord> {
  readonly record: T;
  readonly path: string;
  /** From 1, counted from where reading began. */
  readonly line: number;
  /** Where the line begins in the file, unpacked; 0 in Parquet. */
  readonly atBytes: number;
}

/** Something in a log that could not be read. The rest is read on. */
export interface LogTrouble {
  readonly path: string;
  /** From 1; null = the file as a whole. */
  readonly line: number | null;
  readonly message: string;
}

/** How logs are read. */
export interface ReadOptions {
  /** Told of what can't be read: at most a few lines of each file one by one, then how many more there were. */
  readonly onTrouble: (trouble: LogTrouble) => void;
  /** The lines of a Parquet file of ours; without it such a file is a trouble. */
  readonly parquetLines?: (path: string) => AsyncIterable<string>;
  /** Begin at this byte (unpacked) of the one file that is read; it must be a line's begin. A packed file is unpacked from its own begin all the same. */
  readonly fromBytes?: number;
}

/** What a line holds, or why it is no record. */
export type LineParser<T> = (line: string) => { readonly record: T } | { readonly problem: string };

/** A record has some kilobytes; one with hundreds of masks a megabyte. */
const MOST_LINE_BYTES = 16 * 1024 * 1024;
/** So many bad lines of a file are told one by one. */
const MOST_TOLD = 3;
/** A file that begins with so many lines of which none is a record is not read further. */
const FOREIGN_LINES = 100;
/** Bytes read at a time. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The records of log files in the order of the files, packed ones too. A torn line, a foreign file, NUL bytes, bad UTF-8 or
 * a line without end costs a trouble, never the rest. Memory stays bounded.
 */
export function readRecords(files: readonly LogFile[], options: ReadOptions): AsyncGenerator<LogEntry, void, undefined> {
  return readLines(files, parseRecord, options);
}

/** The same with a parser of one's own, for who needs less than a whole record of each line. */
export async function* readLines<T>(files: readonly LogFile[], parse: LineParser<T>, options: ReadOptions): AsyncGenerator<LogEntry<T>, void, undefined> {
  for (const file of files) yield* readOne(file, parse, options);
}

async function* readOne<T>({ path, kind }: LogFile, parse: LineParser<T>, options: ReadOptions): AsyncGenerator<LogEntry<T>, void, undefined> {
  const { fromBytes = 0 } = options;
  const told = troubleTeller(path, options.onTrouble);
  let good = 0;
  try {
    for await (const raw of linesOf({ path, kind }, options)) {
      const read = typeof raw === "string" ? parse(raw) : parseRaw(raw, parse);
      if ("record" in read) {
        good += 1;
        yield { record: read.record, path, line: typeof raw === "string" ? good : raw.number, atBytes: typeof raw === "string" ? 0 : fromBytes + raw.atBytes };
      } else {
        told.line(typeof raw === "string" ? good : raw.number, read.problem);
        if (good === 0 && told.count() >= FOREIGN_LINES) return told.whole(`none of its first ${FOREIGN_LINES} lines is a record of sightline; it is left aside`);
      }
    }
  } catch (error) {
    told.whole(`could not be read on (${messageOf(error)})`);
  }
  told.rest();
}

/** The lines that are records, as they are, each with its end. What can't be read on ends them. */
export async function* goodLines(file: LogFile): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const raw of splitLines(unpacked(file, 0), MOST_LINE_BYTES)) {
      if (raw.bytes !== null && "record" in parseRaw(raw, parseRecord)) yield Buffer.concat([raw.bytes, LINE_END]);
    }
  } catch {
    // The file's end is not there, or its packing broken: what came before it counts.
  }
}

const LINE_END = Buffer.from("\n");

async function* linesOf({ path, kind }: LogFile, { parquetLines, fromBytes = 0 }: ReadOptions): AsyncGenerator<RawLine | string, void, undefined> {
  if (kind !== "parquet") yield* splitLines(unpacked({ path, kind }, fromBytes), MOST_LINE_BYTES);
  else if (parquetLines) yield* parquetLines(path);
  else throw new Error("it is Parquet, which is not read here; sightline query reads it");
}

/** The file's bytes from `start` on, unpacked. An error of the disk or of the packing ends it. */
function unpacked({ path, kind }: LogFile, start: number): AsyncIterable<Buffer> {
  if (kind === "none") return createReadStream(path, { start, highWaterMark: CHUNK_BYTES });
  const bytes = unpackedWhole({ path, kind });
  return start === 0 ? bytes : after(bytes, start);
}

async function* after(chunks: AsyncIterable<Buffer>, start: number): AsyncGenerator<Buffer, void, undefined> {
  let left = start;
  for await (const chunk of chunks) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function unpackedWhole({ path, kind }: LogFile): AsyncIterable<Buffer> {
  const bytes = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // What goes wrong reaches the reader through the last stream.
  if (kind === "gzip") return pipeline(bytes, zlib.createGunzip(), () => undefined);
  if (!("createZstdDecompress" in zlib)) throw new Error("it is packed with zstd, which needs Node 22.15 or newer");
  return pipeline(bytes, (zlib.createZstdDecompress as typeof zlib.createGunzip)(), () => undefined);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parseRaw<T>({ bytes, trouble }: RawLine, parse: LineParser<T>): ReturnType<LineParser<T>> {
  if (bytes === null) return { problem: `longer than ${MOST_LINE_BYTES} bytes` };
  if (bytes.every((byte) => byte === 0)) return { problem: bytes.length === 0 ? "empty" : `${bytes.length} NUL bytes, as a power cut leaves them` };
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { problem: "no UTF-8" };
  }
  const read = parse(text);
  // The last line of a file that is being written may be on its way; a whole record is one, with its end or without.
  return "problem" in read && trouble === "torn" ? { problem: "torn: it has no end" } : read;
}

function troubleTeller(path: string, onTrouble: ReadOptions["onTrouble"]) {
  let count = 0;
  return {
    count: () => count,
    line(line: number, message: string): void {
      count += 1;
      if (count <= MOST_TOLD) onTrouble({ path, line, message });
    },
    whole: (message: string): void => onTrouble({ path, line: null, message }),
    rest(): void {
      if (count > MOST_TOLD) onTrouble({ path, line: null, message: `${count - MOST_TOLD} more lines are no records` });
    },
  };
}
