import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf, PipelineError } from "../core/errors.js";
import { MOST_SOURCE_BYTES } from "../model/index.js";

/*
 * How pixels reach a process: through a file in memory that both have open, in slots. The parent copies a frame there when
 * it sends the task, the child copies it out when its turn comes; only the slot's number goes over the channel. The file
 * has no name any more once it is open, so that nothing of it is left, whoever dies.
 *
 * Chosen against a socket that the child reads with readSync. Measured on 2 cores that had other work to do as well, three
 * runs each, a child that computes for 12 ms a frame, two frames sent:
 *
 *                                       416x416x3 (0.5 MB)       640x640x3 (1.2 MB)
 *                                       file        socket       file         socket
 *   processor of the parent, ms a frame 0.17-0.20   0.18-0.22    0.29-0.41    0.27-0.31   (channel included)
 *   processor of the child, ms a frame  0.23-0.26   0.17-0.21    0.64-0.76    0.27-0.31
 *   the child waits for a frame, ms     0.26-0.28   0.59-3.1     0.84-0.95    2.0-7.8
 *   frames a second, whole              60-72       55-69        57-62        41-60
 *
 * The socket costs the child less, but it holds 0.2 MB: the rest of a frame waits in the parent until the child reads, and
 * then the child waits until the parent's loop comes round. Through the file a frame that was sent ahead is there.
 */

/** A file of slots, open here. */
export interface SlotFile extends Disposable {
  readonly fd: number;
  /**
   * Copies one frame into a slot: takes as long as copying memory does. Returns where in the file it begins. One that is larger
   * than a slot has its place behind them all, which takes memory from the first such frame on.
   * @throws what the file system says; PipelineError E_INFERENCE_FAILED for a frame of more than MOST_SOURCE_BYTES
   */
  write(slot: number, pixels: Uint8Array): number;
}

/** Memory as a file system; may be small in a container. */
const IN_MEMORY = "/dev/shm";

/**
 * Opens a file of `slots` slots of `slotBytes` each, in memory where the system has that and room is left, else among
 * temporary files.
 * @throws PipelineError E_POOL_START when there is room nowhere
 */
export function openSlotFile(slots: number, slotBytes: number): SlotFile {
  const fd = firstThatOpens([IN_MEMORY, tmpdir()], slots, slotBytes);
  let isOpen = true;
  return {
    fd,
    write(slot, pixels) {
      if (pixels.length > MOST_SOURCE_BYTES) throw new PipelineError("E_INFERENCE_FAILED", `a frame of ${pixels.length} bytes (limit ${MOST_SOURCE_BYTES})`);
      const at = pixels.length <= slotBytes ? slot * slotBytes : slots * slotBytes + slot * MOST_SOURCE_BYTES;
      writeAll(fd, pixels, at);
      return at;
    },
    [Symbol.dispose]() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

/** Copies the bytes from `start` on into `pixels`, all of it. For a child, with the descriptor that it was given. */
export function readFileSlot(fd: number, start: number, pixels: Uint8Array): void {
  let done = 0;
  while (done < pixels.length) {
    const bytes = readSync(fd, pixels, done, pixels.length - done, start + done);
    if (bytes === 0) throw new PipelineError("E_INFERENCE_FAILED", `the file of slots ends at byte ${start + done}`);
    done += bytes;
  }
}

function firstThatOpens(folders: readonly string[], slots: number, slotBytes: number): number {
  const refusals: string[] = [];
  for (const folder of folders) {
    try {
      return openReserved(folder, slots, slotBytes);
    } catch (cause) {
      refusals.push(messageOf(cause));
    }
  }
  throw new PipelineError("E_POOL_START", `no room for ${slots} frames of ${slotBytes} bytes: ${refusals.join("; ")}`);
}

let opened = 0;

/** What is written once is there for good: a slot can't fail later for want of room. */
function openReserved(folder: string, slots: number, slotBytes: number): number {
  const path = join(folder, `sightline-${process.pid}-${(opened += 1)}`);
  const fd = openSync(path, "wx+", 0o600);
  try {
    const nothing = new Uint8Array(slotBytes);
    for (let slot = 0; slot < slots; slot += 1) writeAll(fd, nothing, slot * slotBytes);
    return fd;
  } catch (cause) {
    closeSync(fd);
    throw cause;
  } finally {
    // Where an open file can't be removed it stays until the system clears its temporary files.
    rmSync(path, { force: true });
  }
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
}
