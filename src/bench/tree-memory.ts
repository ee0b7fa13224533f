import { readdirSync, readFileSync } from "node:fs";
import type { Clock } from "../core/clock.js";

/** How often the processes are looked at, ms: reading one's figure costs the kernel a walk over its pages. */
const LOOK_EVERY_MS = 250;
const KB_PER_MB = 1024;

/** The most memory that some processes and all their children had at one time. */
export interface TreeMemory extends Disposable {
  /** MB; 0 where the system does not tell (only Linux does). */
  readonly peakMb: number;
}

/**
 * Watches processes. What is counted is the proportional set size, in which a page that several processes share counts
 * for each by its part: the sum is what they take from the machine. Source: Linux, Documentation/filesystems/proc.rst
 * (smaps_rollup).
 */
export function watchTreeMemory(roots: readonly number[], clock: Clock): TreeMemory {
  let peakKb = 0;
  const look = (): void => void (peakKb = Math.max(peakKb, sum(roots.flatMap(treeOf).map(proportionalKb))));
  const timer = clock.every(LOOK_EVERY_MS, look);
  return {
    get peakMb() {
      return peakKb / KB_PER_MB;
    },
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A process and all that it has started, and they. */
function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Any thread of a process may have started a child. */
export function childrenOf(pid: number): number[] {
  const threads = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return threads.flatMap((thread) => (attempt(() => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")) ?? "").split(" ").filter(Boolean).map(Number));
}

function proportionalKb(pid: number): number {
  const rollup = attempt(() => readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? "";
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
}

/** A process may be gone between two looks. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
