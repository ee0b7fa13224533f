import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const WRITER = fileURLToPath(new URL("../log/fixtures/writer.js", import.meta.url));

/** How the writer fixture ended. */
export interface WriterResult {
  readonly code: string | null;
  readonly dropped: number | null;
}

export type Writer = ChildProcessByStdio<null, Readable, Readable>;

/** Starts the writer fixture. With `maxFileKiB` no file of it may grow beyond that, as on a full disk. */
export function startWriter(args: readonly string[], maxFileKiB?: number): Writer {
  const command = [process.execPath, WRITER, ...args];
  // The signal of a file that is too large would end the process; ignored, the write fails with EFBIG.
  const limited = ["bash", "-c", `trap "" XFSZ; ulimit -f ${maxFileKiB}; exec "$@"`, "bash", ...command];
  const [program = "", ...rest] = maxFileKiB === undefined ? command : limited;
  return spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Waits for the fixture's last word. */
export async function resultOf(writer: Writer): Promise<WriterResult> {
  const [stderr] = await Promise.all([text(writer.stderr), once(writer, "exit")]);
  return JSON.parse(stderr) as WriterResult;
}

/** A folder that is gone at the end of the test. */
export async function temporaryFolder(): Promise<{ readonly path: string; file(name: string): string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "sightline-sinks-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The frame numbers of whole lines; throws when a line is not JSON. */
export function framesOf(jsonl: string): number[] {
  return jsonl
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { frame: number }).frame);
}
