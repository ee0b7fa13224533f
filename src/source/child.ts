import { execFile, spawn, type ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";

/** From the gentle signal to the forced one, ms. FFmpeg ends within 20 ms when it can; a hanging read needs force. */
const GENTLE_MS = 500;
/** Longest a short helper program may run, ms. */
const SHORT_RUN_MS = 20_000;
/** Most output a short helper program may give, bytes. */
const SHORT_OUTPUT_BYTES = 4 * 1024 * 1024;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program we started. Disposing ends it: gently, then by force; settles when it is gone. */
export interface Child extends AsyncDisposable {
  readonly process: ChildProcess;
  /** Settles when the child is gone and its pipes are closed; rejects with E_FFMPEG_MISSING when it never started. */
  readonly ended: Promise<ChildEnd>;
}

/** Starts a program, never through a shell. `outputs`: its file descriptors from 1 on, a pipe to us or an open one of ours. */
export function startChild(
  program: string,
  args: readonly string[],
  outputs: readonly (number | "pipe")[],
  clock: Clock,
  input: "ignore" | "pipe" = "ignore",
): Child {
  const child = spawn(program, args, { stdio: [input, ...outputs], windowsHide: true });
  const killOnExit = (): boolean => child.kill("SIGKILL");
  process.once("exit", killOnExit);
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(program, cause)));
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => process.removeListener("exit", killOnExit));
  ended.catch(() => undefined);

  async function end(): Promise<void> {
    child.kill("SIGTERM");
    // A child that hangs in write() to a pipe nobody reads would not see the signal.
    for (const stream of child.stdio) if (stream && "destroy" in stream) stream.destroy();
    using _force = clock.after(GENTLE_MS, () => child.kill("SIGKILL"));
    await ended.catch(() => undefined);
  }

  let ending: Promise<void> | undefined;
  return { process: child, ended, [Symbol.asyncDispose]: () => (ending ??= end()) };
}

function cannotStart(program: string, cause: Error): PipelineError {
  const missing = "code" in cause && cause.code === "ENOENT";
  const why = missing ? "was not found" : `can't be started: ${cause.message}`;
  return new PipelineError("E_FFMPEG_MISSING", `${program} ${why}`, { cause });
}

/** What a short program gets besides its arguments. */
export interface ShortRun {
  /** Longest it may run, ms; then it is ended by force. */
  readonly timeoutMs?: number;
  /** Writes its standard input; left out = it has none. */
  readonly feed?: (stdin: Writable | null) => void;
}

/**
 * Runs a short program and gives back what it said, whatever its exit status; `code` is -1 when a signal or the time limit
 * ended it. Settles when it is gone, also when it is aborted.
 */
export function runShort(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
  { timeoutMs = SHORT_RUN_MS, feed = (stdin) => stdin?.end() }: ShortRun = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: SHORT_OUTPUT_BYTES, killSignal: "SIGKILL" as const, ...(signal && { signal }) };
    let settle = (): void => undefined;
    const child = execFile(program, [...args], options, (error, stdout, stderr) => {
      settle = () => {
        if (error === null) return resolve({ code: 0, stdout, stderr });
        if (error.code === "ABORT_ERR") return reject(new PipelineError("E_STOPPED", "stopped while the source was opened"));
        if (typeof error.code === "number") return resolve({ code: error.code, stdout, stderr });
        if (error.killed || error.signal) return resolve({ code: -1, stdout, stderr: `${stderr}\nended by ${String(error.signal)}` });
        reject(cannotStart(program, error));
      };
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) settle();
    });
    child.once("close", () => settle());
    // One that never started, or has ended already, does not read.
    child.stdin?.on("error", () => undefined);
    feed(child.stdin);
  });
}
