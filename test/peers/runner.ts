import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { watchTreeMemory } from "../../src/bench/tree-memory.js";
import { systemClock } from "../../src/core/clock.js";

/** One result, as it came to us: all are stamped here, when their line is read. */
export interface Seen {
  /** On the clock of `monotonicMs`. */
  readonly atMs: number;
  readonly stream: number;
  /** Counted from 0 in its stream. */
  readonly frame: number;
  readonly objects: number;
  /** What the live stream's picture says of itself; null where the system's own count tells it. */
  readonly number: number | null;
}

/** One run of one system. */
export interface Run {
  readonly startedAtMs: number;
  readonly seen: readonly Seen[];
  readonly peakMb: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether it came to its own end before it was stopped. */
  readonly ended: boolean;
}

/** How far a run goes. */
export interface Until {
  /** So many results, of all streams together. */
  readonly results: number;
  /** So long after the first result, ms. */
  readonly spanMs: number;
}

/** Silent for so long, a program is given up: the slowest start takes a third of it. */
const SILENCE_MS = 90_000;
const GRACE_MS = 3000;
const KEPT_CHARS = 4000;

/** This machine's clock, ms. */
export const monotonicMs = (): number => systemClock.monotonicMs();

/**
 * Runs a program until it has given enough results or ends by itself.
 * @throws Error with its last words when it fails, or is silent for too long
 */
export async function runProgram(argv: readonly string[], env: Readonly<Record<string, string>>, until: Until, signal: AbortSignal): Promise<Run> {
  signal.throwIfAborted();
  const [command = "", ...args] = argv;
  const startedAtMs = monotonicMs();
  // A group of its own, so that its end is the end of all that it started.
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const stop = (): void => endGroup(child, "SIGKILL");
  signal.addEventListener("abort", stop);
  using memory = child.pid === undefined ? null : watchTreeMemory([child.pid], systemClock);
  const seen: Seen[] = [];
  const versions: Record<string, string> = {};
  try {
    const ended = await follow(child, until, { seen, versions });
    return { startedAtMs, seen, peakMb: memory?.peakMb ?? 0, versions, ended };
  } finally {
    signal.removeEventListener("abort", stop);
    await endOf(child);
  }
}

/** Takes its lines; settles with whether it ended by itself. */
function follow(child: ChildProcess, until: Until, into: { readonly seen: Seen[]; readonly versions: Record<string, string> }): Promise<boolean> {
  const { seen, versions } = into;
  return new Promise((resolve, reject) => {
    let said = "";
    let enough = false;
    let silence: NodeJS.Timeout | undefined;
    const heard = (): void => {
      clearTimeout(silence);
      silence = setTimeout(() => reject(new Error(`said nothing for ${SILENCE_MS / 1000} s; last: ${lastWords(said)}`)), SILENCE_MS);
    };
    const finish = (): void => {
      enough = true;
      clearTimeout(silence);
      resolve(false);
    };
    heard();
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-KEPT_CHARS)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (enough) return;
      const atMs = monotonicMs();
      const event = readLine(line);
      if (event === null) return;
      heard();
      if (event.kind === "versions") return void Object.assign(versions, event.versions);
      seen.push({ ...event.seen, atMs });
      if (seen.length >= until.results || atMs - seen[0]!.atMs >= until.spanMs) finish();
    });
    child.once("error", (error) => reject(error));
    child.once("close", (code, killedBy) => {
      clearTimeout(silence);
      if (enough) return;
      if (code === 0) resolve(true);
      else reject(new Error(`ended with ${killedBy ?? `status ${code}`}: ${lastWords(said)}`));
    });
  });
}

type Line = { readonly kind: "versions"; readonly versions: Record<string, string> } | { readonly kind: "seen"; readonly seen: Omit<Seen, "atMs"> };

/** A line of a peer's program (programs/common.py) or of sightline's records; null for any other. */
export function readLine(line: string): Line | null {
  let read: Readonly<Record<string, unknown>>;
  try {
    read = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
  if (read["event"] === "ready") return { kind: "versions", versions: read["versions"] as Record<string, string> };
  if (read["event"] === "result") {
    const { stream, frame, objects, number } = read as unknown as Omit<Seen, "atMs">;
    return { kind: "seen", seen: { stream, frame, objects, number } };
  }
  // A frame that failed was not looked at.
  if (read["type"] !== "frame" || read["outcome"] !== "detected") return null;
  return { kind: "seen", seen: { stream: 0, frame: read["frame"] as number, objects: (read["objects"] as unknown[]).length, number: null } };
}

const lastWords = (said: string): string => said.trim().split("\n").at(-1)?.slice(0, 300) ?? "";

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

/** Asks it to end, then makes it; settles when it is gone and its memory free. */
async function endOf(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    endGroup(child, "SIGTERM");
    const timer = setTimeout(() => endGroup(child, "SIGKILL"), GRACE_MS);
    await gone;
    clearTimeout(timer);
  }
  endGroup(child, "SIGKILL");
}
