import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { project } from "./paths.js";

/** How the command line ended and what it said. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Added to a bare environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** After this it is killed, and `signal` says so. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Makes it the head of a process group of its own, as a shell does: `process.kill(-pid)` reaches its children too. */
  readonly ownGroup?: boolean;
  /** Runs it as somebody without rights where the tests run as root; else as the same user. */
  readonly unprivileged?: boolean;
}

/** A command line that runs. */
export interface RunningCli {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly done: Promise<CliResult>;
  /** Settles with all of stderr so far when it matches; rejects when the program ends before. */
  saying(pattern: RegExp): Promise<string>;
}

/** The compiled command line. */
export const CLI = project("dist", "programs", "cli.js");
const DEFAULT_TIMEOUT_MS = 120_000;
/**
 * Becomes Debian's user and group `nobody`, who may read everything (the checkout may lie in a private folder) and write
 * nothing. setpriv is of util-linux, which every Debian has.
 */
const AS_NOBODY = [
  "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
];

/** Starts `sightline` as a process of its own. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const { env = {}, timeoutMs = DEFAULT_TIMEOUT_MS, cwd, ownGroup = false, unprivileged = false } = options;
  const { PATH, HOME } = process.env;
  const [program = process.execPath, ...before] = unprivileged && process.getuid?.() === 0 ? AS_NOBODY : [];
  const child = spawn(program, [...before, ...(before.length > 0 ? [process.execPath] : []), CLI, ...args], {
    stdio: ["ignore", "pipe", "pipe"], env: { PATH, HOME, ...env }, timeout: timeoutMs, killSignal: "SIGKILL", detached: ownGroup, ...(cwd && { cwd }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const done = new Promise<CliResult>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const saying = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(stderr)) resolve(stderr);
      };
      child.stderr.on("data", look);
      void done.then(() => reject(new Error(`ended without saying ${String(pattern)}:\n${stderr}`)));
      look();
    });
  return { child, done, saying };
}

/** Runs `sightline` to its end. */
export function runCli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return startCli(args, options).done;
}
