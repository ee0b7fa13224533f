import { execFile, spawn, type ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";
import type { InputPlan } from "./input.js";
import { feedInput } from "./stdin.js";

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
  /** Our ends of its pipes by descriptor; undefined where there is no pipe, and everywhere when it could not be started. */
  readonly pipes: readonly (Readable | undefined)[];
  /** Settles when the child is gone and its pipes are closed; rejects with E_FFMPEG_MISSING or E_FFMPEG_ENDED when it never started. */
  readonly ended: Promise<ChildEnd>;
}

/** What a child reads, and where its descriptors from 1 on lead: a pipe to us, or an open one of ours. */
export interface ChildPipes extends Pick<InputPlan, "stdinText" | "scriptFd" | "environment"> {
  /** As in a plan, or `ours`: a pipe that the caller writes to, `process.stdin`. */
  readonly stdin: InputPlan["stdin"] | "ours";
  readonly outputs: readonly (number | "pipe" | "ignore")[];
}

/**
 * Starts a program, never through a shell.
 * @throws PipelineError E_USAGE of `feedInput`; the program is ended then
 */
export function startChild(program: string, args: readonly string[], { stdin, stdinText, environment, outputs, scriptFd }: ChildPipes, clock: Clock): Child {
  const child = spawn(program, args, { stdio: [stdin === "ours" ? "pipe" : stdin, ...outputs], windowsHide: true, ...withEnvironment(environment) });
  const leash = lastDuty(() => child.kill("SIGKILL"));
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(program, cause)));
    child.once("close", (code, signal) => resolve({ code, signal }));
  }).finally(() => leash[Symbol.dispose]());
  ended.catch(() => undefined);
  // Where no descriptor is left for its pipes, Node gives a child without any (whatever the types say) and tells later.
  const streams = (child.stdio as typeof child.stdio | undefined) ?? [];
  if (scriptFd !== undefined) feedInput(streams[scriptFd] as Writable | null | undefined, { stdin: "pipe", stdinText: stdinText ?? "" });
  if (stdin !== "ours") fed(child, () => feedInput(child.stdin, { stdin, ...(stdinText !== undefined && { stdinText }) }));

  async function end(): Promise<void> {
    child.kill("SIGTERM");
    // A child that hangs in write() to a pipe nobody reads would not see the signal.
    for (const stream of streams) if (stream && "destroy" in stream) stream.destroy();
    using _force = clock.after(GENTLE_MS, () => child.kill("SIGKILL"));
    await ended.catch(() => undefined);
  }

  let ending: Promise<void> | undefined;
  const pipes = Array.from(streams, (stream) => (stream && "read" in stream ? stream : undefined));
  return { process: child, pipes, ended, [Symbol.asyncDispose]: () => (ending ??= end()) };
}

/** What can't be fed would wait for ever, and nobody would know of it. */
function fed(child: ChildProcess, feed: () => void): void {
  try {
    feed();
  } catch (thrown) {
    child.kill("SIGKILL");
    throw thrown;
  }
}

function cannotStart(program: string, cause: Error): PipelineError {
  const code = "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return new PipelineError("E_FFMPEG_MISSING", `${program} was not found`, { cause });
  // A machine that is out of descriptors, processes or memory may have some again later.
  const passing = code === "EMFILE" || code === "ENFILE" || code === "EAGAIN" || code === "ENOMEM";
  return new PipelineError(passing ? "E_FFMPEG_ENDED" : "E_FFMPEG_MISSING", `${program} can't be started: ${cause.message}`, { cause });
}

/** What a short program gets besides its arguments. */
export interface ShortRun {
  /** Longest it may run, ms; then it is ended by force. */
  readonly timeoutMs?: number;
  /** Writes its standard input; left out = it has none. */
  readonly feed?: (stdin: Writable | null) => void;
  /** Added to our own environment. */
  readonly environment?: InputPlan["environment"] | undefined;
}

const withEnvironment = (more: InputPlan["environment"]): { env?: NodeJS.ProcessEnv } => (more ? { env: { ...process.env, ...more } } : {});

/**
 * Runs a short program and gives back what it said, whatever its exit status; `code` is -1 when a signal or the time limit
 * ended it. Settles when it is gone, also when it is aborted.
 */
export function runShort(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
  { timeoutMs = SHORT_RUN_MS, feed = (stdin) => stdin?.end(), environment }: ShortRun = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: SHORT_OUTPUT_BYTES, killSignal: "SIGKILL" as const, ...(signal && { signal }), ...withEnvironment(environment) };
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
    const leash = lastDuty(() => child.kill("SIGKILL"));
    child.once("close", () => {
      leash[Symbol.dispose]();
      settle();
    });
    // One that never started, or has ended already, does not read.
    child.stdin?.on("error", () => undefined);
    fed(child, () => feed(child.stdin));
  });
}
