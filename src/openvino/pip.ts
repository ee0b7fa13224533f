import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Clock } from "../core/clock.js";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";

/** From the gentle signal to the forced one, ms. */
const GENTLE_MS = 2000;
/** Longest that pip may take to say its version, ms: a cold disk and a slow machine. */
const VERSION_MS = 60_000;
/** What is kept of what it says, characters; the end tells what went wrong. */
const KEPT_CHARACTERS = 100_000;

/** How a program ended, and what it said on both its outputs. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly said: string;
}

/** What a run of a program needs. */
export interface ProgramWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A Python on PATH that has pip: another one may hide the system's.
 * @returns its path
 * @throws PipelineError E_RUNTIME_ADD with how to come by one; the signal's reason
 */
export async function findPip(world: ProgramWorld): Promise<string> {
  const pythons = pythonsOn(world.environment["PATH"] ?? "");
  for (const python of pythons) {
    const limit = AbortSignal.any([world.signal, timeout(VERSION_MS, world.clock)]);
    const { status } = await runToEnd(python, ["-m", "pip", "--version"], { ...world, signal: limit }).catch(() => ({ status: null }));
    world.signal.throwIfAborted();
    if (status === 0) return python;
  }
  const how = process.platform === "linux" ? "On Debian and Ubuntu: apt-get install python3-pip" : "Install Python from its own page";
  throw new PipelineError("E_RUNTIME_ADD", `${pythons.length === 0 ? "there is no python3 on PATH" : `${pythons.join(", ")} has no pip`}, which brings the libraries. ${how}`);
}

function timeout(limitMs: number, clock: Clock): AbortSignal {
  const over = new AbortController();
  clock.after(limitMs, () => over.abort());
  return over.signal;
}

function pythonsOn(path: string): string[] {
  const names = process.platform === "win32" ? ["python3.exe", "python.exe"] : ["python3", "python"];
  const files = path.split(delimiter).filter(Boolean).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...new Set(files.filter(isProgram))];
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end. Ends it, and what it has started, when the signal is aborted; it is gone then.
 * @throws the system's errors when it can't be started; the signal's reason
 */
export async function runToEnd(program: string, args: readonly string[], { clock, signal, environment }: ProgramWorld): Promise<Ended> {
  signal.throwIfAborted();
  // A group of its own: what stands on PATH may be a script that starts the real one.
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: environment, detached: process.platform !== "win32", windowsHide: true });
  using _leash = lastDuty(() => kill(child, "SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-KEPT_CHARACTERS)));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  let force: Disposable | undefined;
  const stop = (): void => {
    kill(child, "SIGTERM");
    force = clock.after(GENTLE_MS, () => kill(child, "SIGKILL"));
  };
  signal.addEventListener("abort", stop);
  try {
    return { status: await ended, said };
  } finally {
    signal.removeEventListener("abort", stop);
    force?.[Symbol.dispose]();
    signal.throwIfAborted();
  }
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (thrown) {
    if (systemCodeOf(thrown) !== "ESRCH") throw thrown;
  }
}

/**
 * What pip's own words mean, in ours. Pure.
 * `folder`: where it was to put things.
 */
export function pipTrouble({ status, said }: Ended, folder: string): string {
  const lines = said.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const got = /^\s*Got\s+([0-9a-f]{64})/m.exec(said)?.[1];
  if (got !== undefined) return `what came has sha256 ${got}, which is not the one that was expected`;
  if (/No space left on device|Errno 28|not enough space/i.test(said)) return `there is no room left in ${folder}`;
  if (/Read-only file system|Errno 30/.test(said)) return `${folder} can't be written`;
  if (UNREACHABLE.test(said)) return `pip can't reach its index (${CAUSE.exec(said)?.[0] ?? lastOf(lines, UNREACHABLE)})`;
  if (/No matching distribution found/.test(said)) return `pip's index has no such wheel (${lastOf(lines, /No matching distribution/)})`;
  if (/no such option/.test(said)) return `pip is too old (${lastOf(lines, /no such option/)})`;
  return `pip ended with ${status === null ? "a signal" : `status ${status}`} (${lastOf(lines, /^ERROR|Error/) || "it said nothing"})`;
}

/** Whether the network was the trouble. Pure. */
export function isUnreachable({ said }: Ended): boolean {
  return UNREACHABLE.test(said);
}

const UNREACHABLE = /NewConnectionError|ConnectTimeoutError|Max retries exceeded|ProxyError|ReadTimeoutError|Read timed out|ConnectionResetError|IncompleteRead|SSLError|ProtocolError|Connection (broken|aborted|refused)|HTTP error|(40[0-9]|5\d\d) (Client|Server) Error/;
/** The system's or the server's own words in the middle of pip's. */
const CAUSE = /\[Errno -?\d+\] [\w ]+|\d{3} (Client|Server) Error: [\w ]+|Read timed out|CERTIFICATE_VERIFY_FAILED|Tunnel connection failed: [\w ]+/;
const LONGEST_WORDS = 300;

function lastOf(lines: readonly string[], pattern: RegExp): string {
  const line = lines.filter((one) => pattern.test(one)).at(-1) ?? lines.at(-1) ?? "";
  return line.length > LONGEST_WORDS ? `${line.slice(0, LONGEST_WORDS)}...` : line;
}
