import { readFileSync } from "node:fs";
import { childrenOf } from "./tree-memory.js";

/** CPU seconds used so far. null where the system does not tell (only Linux does). */
export interface CpuSeconds {
  readonly main: number;
  /** The pool's threads and the runtime's helpers. */
  readonly workers: number;
  readonly ffmpeg: number;
}

/** Records between two samples of resident memory. */
export const MEMORY_EVERY = 500;
/** Linux counts CPU time in 1/100 s on every architecture Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Reads the CPU time of this process's main thread, of its other threads and of its children. */
export function cpuSeconds(): CpuSeconds | null {
  try {
    const main = ticks(`/proc/self/task/${process.pid}/stat`);
    const { user, system } = process.cpuUsage();
    const ffmpeg = childrenOf(process.pid).reduce((sum, pid) => sum + ticks(`/proc/${pid}/stat`), 0);
    return { main, workers: (user + system) / 1e6 - main, ffmpeg };
  } catch {
    return null;
  }
}

/** Cores kept busy between two readings: 1 = one core all the time. null where the system does not tell. */
export function coresUsed(begin: CpuSeconds | null, end: CpuSeconds | null, seconds: number): CpuSeconds | null {
  const share = (part: keyof CpuSeconds): number => ((end?.[part] ?? 0) - (begin?.[part] ?? 0)) / seconds;
  return end && { main: share("main"), workers: share("workers"), ffmpeg: share("ffmpeg") };
}

/** utime and stime: fields 14 and 15 of proc(5), counted behind the closing bracket of the name. */
function ticks(path: string): number {
  const stat = readFileSync(path, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** CPU seconds of all children that have ended and were waited for. null where the system does not tell. Fields 16 and 17 of proc(5). */
export function childSeconds(): number | null {
  try {
    const stat = readFileSync(`/proc/${process.pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** Highest resident memory of the children so far, MB; 0 where the system does not tell. */
export function childrenPeakMb(): number {
  try {
    const peaks = childrenOf(process.pid).map((pid) => /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
    return peaks.reduce((sum, kb) => sum + Number(kb ?? 0) / 1024, 0);
  } catch {
    return 0;
  }
}

/** Resident memory of this process now and at its highest, MB. */
export function memoryMb(): { now: number; peak: number } {
  return { now: process.memoryUsage.rss() / 2 ** 20, peak: process.resourceUsage().maxRSS / 1024 };
}
