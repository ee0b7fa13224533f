import { execFile, type ChildProcess } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { lastDuty } from "../core/last-duties.js";

/** A Linux pipe holds this much: one read empties it. */
const READ_BYTES = 64 * 1024;

/** Who takes the bytes. */
export interface PixelReader {
  /** Takes a chunk, which is valid until the next one is asked for. Returns whether it wants more now. */
  take(chunk: Uint8Array): boolean;
  /** No byte will come any more. */
  ended(): void;
}

/** The way of the pixels from a child to us. */
export interface PixelPipe extends Disposable {
  /** What the child's standard output has to be. */
  readonly stdout: number | "pipe";
  /** Whether what a child writes stays there until it is read, also when the child has ended meanwhile. */
  readonly keeps: boolean;
  /** Begins to read. Called once, right after the child was started. */
  read(child: ChildProcess, reader: PixelReader): void;
  /** Reads on after `take` wanted no more. */
  resume(): void;
}

/**
 * Opens a pipe for pixels. On systems with named pipes every read lands in one reused buffer: Node's own pipes would
 * make a new buffer every 64 KiB, and collecting that garbage costs the main thread more than all of its other work.
 */
export async function openPixelPipe(): Promise<PixelPipe> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-")).catch(() => undefined);
  if (folder === undefined) return plainPipe();
  using _removal = lastDuty(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const path = join(folder, "pixels");
    await promisify(execFile)("mkfifo", ["-m", "600", path]);
    // In this order: a reader must be there before a writer can open without waiting.
    const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return namedPipe(readFd, openSync(path, constants.O_WRONLY));
    } catch (error) {
      closeSync(readFd);
      throw error;
    }
  } catch {
    return plainPipe();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function namedPipe(readFd: number, writeFd: number): PixelPipe {
  let socket: Socket | undefined;
  let writerOpen = true;
  let disposed = false;
  function closeWriter(): void {
    if (writerOpen) closeSync(writeFd);
    writerOpen = false;
  }
  return {
    stdout: writeFd,
    keeps: true,
    read(_child, reader) {
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      const callback = (bytes: number): boolean => reader.take(buffer.subarray(0, bytes));
      // Node's types know `onread` for connecting sockets only.
      const options = { fd: readFd, readable: true, writable: false, onread: { buffer, callback } };
      socket = new Socket(options);
      socket.once("close", () => reader.ended());
      socket.on("error", () => undefined);
      // The child has its own copy: ours would keep the pipe from ending.
      closeWriter();
    },
    resume: () => void socket?.resume(),
    [Symbol.dispose]() {
      if (disposed) return;
      disposed = true;
      closeWriter();
      if (socket) socket.destroy();
      else closeSync(readFd);
    },
  };
}

/** Where there are no named pipes. Node lets such a pipe flow again once its process has exited, whatever we wanted: what comes then waits its turn here, and is no more than the pipe held. */
function plainPipe(): PixelPipe {
  const early: Uint8Array[] = [];
  let stream: Readable | null = null;
  let reader: PixelReader | undefined;
  let wants = true;
  let over = false;

  function deliver(): void {
    while (wants) {
      const chunk = early.shift();
      if (chunk === undefined) break;
      wants = reader?.take(chunk) ?? false;
    }
    if (!wants) stream?.pause();
    else if (over) reader?.ended();
    else stream?.resume();
  }

  return {
    stdout: "pipe",
    keeps: false,
    read(child, taker) {
      reader = taker;
      stream = child.stdout;
      stream?.on("data", (chunk: Buffer) => {
        early.push(chunk);
        deliver();
      });
      stream?.on("error", () => undefined);
      stream?.once("close", () => {
        over = true;
        deliver();
      });
    },
    resume() {
      wants = true;
      deliver();
    },
    [Symbol.dispose]: () => void stream?.destroy(),
  };
}
