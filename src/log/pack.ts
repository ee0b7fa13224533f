import type { FileHandle } from "node:fs/promises";
import { Writable, type Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import type { Compression } from "./names.js";

/** Whether this Node can pack that way. */
export const canPack = (pack: Compression): boolean => pack !== "zstd" || "createZstdCompress" in zlib;

/** Writes what comes into an open file, packed. The file is neither synced nor closed. */
export async function packInto(file: FileHandle, bytes: Readable, pack: Compression, signal?: AbortSignal): Promise<void> {
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => void wholly(file, chunk).then(() => done(), done),
  });
  const packer = packerOf(pack);
  await pipeline(packer === null ? [bytes, sink] : [bytes, packer, sink], signal ? { signal } : {});
}

/** One call may write less than all. */
async function wholly(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
}

function packerOf(pack: Compression): Transform | null {
  if (pack === "none") return null;
  return pack === "gzip" || !("createZstdCompress" in zlib) ? zlib.createGzip() : (zlib.createZstdCompress as () => Transform)();
}
