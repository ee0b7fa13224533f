import { readdirSync, readFileSync } from "node:fs";

/** A process as /proc shows it (Linux). */
export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  /** Its file's name, at most 15 characters. */
  readonly name: string;
  /** One letter, see proc(5); Z has ended and was not collected. */
  readonly state: string;
  readonly commandLine: string;
}

/** All processes that run now; those that end meanwhile are left out. */
export function processes(): ProcessInfo[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));
}

/** One process; undefined when it is gone. */
export function readProcess(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    // The name stands in brackets and may hold any character, also brackets.
    const nameEnd = stat.lastIndexOf(")");
    const [state = "", parentPid] = stat.slice(nameEnd + 2).split(" ");
    return { pid, parentPid: Number(parentPid), name: stat.slice(stat.indexOf("(") + 1, nameEnd), state, commandLine };
  } catch {
    return undefined;
  }
}

/** The processes that a process has started, and those that they have, as far as their parents still run. */
export function descendants(pid: number): ProcessInfo[] {
  const all = processes();
  const found: ProcessInfo[] = [];
  for (let of = [pid]; of.length > 0; ) {
    const children = all.filter(({ parentPid }) => of.includes(parentPid));
    found.push(...children);
    of = children.map((child) => child.pid);
  }
  return found;
}

/** The processes that carry a variable in their environment with this value, whoever their parents are by now. */
export function markedProcesses(name: string, value: string): ProcessInfo[] {
  return processes().filter(({ pid, state }) => state !== "Z" && environmentOf(pid).includes(`${name}=${value}`));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Whether a process still runs; one that only waits to be collected does not. */
export function isAlive(pid: number): boolean {
  const state = readProcess(pid)?.state;
  return state !== undefined && state !== "Z";
}

/** What a process holds of the system. */
export interface Holdings {
  readonly descriptors: number;
  readonly threads: number;
  readonly children: number;
  readonly rssBytes: number;
}

/** What this very process holds now. */
export function holdings(): Holdings {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]);
  return {
    // One of them is of the reading itself.
    descriptors: readdirSync("/proc/self/fd").length - 1,
    threads: field("Threads"),
    children: descendants(process.pid).length,
    rssBytes: field("VmRSS") * 1024,
  };
}
