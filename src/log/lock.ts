import { readFileSync, rmSync } from "node:fs";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";

/** Who holds a log. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When its process began, in the system's own count; null where it can't be known. A number is given to many processes in time. */
  readonly begun: string | null;
  readonly since: string;
}

/** A holder at another machine (or in another container) gives a sign of life at least this often, ms; see `touch`. */
const SILENT_MS = 15_000;

/** Holds a log for this process alone. */
export interface LogLock extends AsyncDisposable {
  /** A sign of life for those who can't see our process. Resolves to whether the lock is still there: its folder may have gone. */
  touch(): Promise<boolean>;
}

/**
 * Takes the lock of the log at `path`: a file beside it that names the holder. What a process that is gone has left is taken over.
 * @throws PipelineError E_LOG_LOCKED, naming the holder; the system's errors of the folder
 */
export async function lockLog(path: string, clock: Clock): Promise<LogLock> {
  const file = `${path}.lock`;
  const mine = `${file}.${process.pid}`;
  const us: Holder = { pid: process.pid, host: hostname(), begun: begunOf(process.pid), since: new Date(clock.wallMs()).toISOString() };
  const text = `${JSON.stringify(us)}\n`;
  await writeFile(mine, text);
  try {
    while (!(await claimed(mine, file))) {
      const holder = await holderOf(file);
      if (holder === undefined) continue;
      if (holder !== "unreadable" && (await isAlive(holder, file, clock))) {
        throw new PipelineError("E_LOG_LOCKED", `${path} is written by process ${holder.pid}${holder.host === us.host ? "" : ` at ${holder.host}`} since ${holder.since}`);
      }
      // Whoever renames it has it; somebody else may have been faster, then there is nothing to rename.
      await rename(file, `${mine}.old`).catch(() => undefined);
      await rm(`${mine}.old`, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
  const release = lastDuty(() => rmSync(file, { force: true }));
  return {
    async touch() {
      const now = new Date(clock.wallMs());
      return utimes(file, now, now).then(() => true, () => false);
    },
    async [Symbol.asyncDispose]() {
      release[Symbol.dispose]();
      if ((await readFile(file, "utf8").catch(() => "")) === text) await rm(file, { force: true });
    },
  };
}

/** A link is made whole or not at all, and by one alone. */
async function claimed(mine: string, file: string): Promise<boolean> {
  try {
    await link(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function holderOf(file: string): Promise<Holder | "unreadable" | undefined> {
  try {
    const { pid, host, begun, since } = JSON.parse(await readFile(file, "utf8")) as Holder;
    return { pid, host, begun, since };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : "unreadable";
  }
}

async function isAlive({ pid, host, begun }: Holder, file: string, clock: Clock): Promise<boolean> {
  if (host !== hostname()) {
    const touched = await stat(file).catch(() => undefined);
    return touched !== undefined && clock.wallMs() - touched.mtimeMs < SILENT_MS;
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return begun === null || begunOf(pid) === begun;
}

/** When a process began, on Linux: ticks since the machine's start, and which start that was. */
function begunOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\)/s, "").split(" ");
    return `${fields[20]}@${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return null;
  }
}
