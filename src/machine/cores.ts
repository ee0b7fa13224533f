import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { posix } from "node:path";

/** How many cores this process may keep busy, and who says so. */
export interface AvailableCores {
  /** Whole cores, at least 1. A quota of 1.5 cores counts as 1: a second thread would spend half its time throttled. */
  readonly cores: number;
  /** What set the number, for people. */
  readonly from: string;
}

/** What the number depends on; the defaults are this machine's. */
export interface CoresSeen {
  /** Cores the process may be scheduled on. */
  readonly parallelism: number;
  /** The text of a file of /proc or /sys; undefined when it can't be read. */
  readonly read: (path: string) => string | undefined;
}

const CGROUP_ROOT = "/sys/fs/cgroup";

/**
 * The cores for worker threads: what the scheduler allows (CPU affinity included), less what a container's quota takes.
 * Node alone does not see the quota everywhere. Never throws.
 * Source: Linux kernel, Documentation/admin-guide/cgroup-v2.rst (cpu.max) and scheduler/sched-bwc.rst (cfs_quota_us).
 */
export function availableCores(seen: CoresSeen = thisMachine()): AvailableCores {
  const { parallelism, read } = seen;
  const quotas = (read("/proc/self/cgroup") ?? "").split("\n").flatMap((line) => quotasOf(line, read));
  const least = quotas.reduce<Quota | undefined>((best, quota) => (best && best.cores <= quota.cores ? best : quota), undefined);
  if (least === undefined || least.cores >= parallelism) return { cores: Math.max(1, parallelism), from: "scheduler" };
  return { cores: Math.max(1, Math.floor(least.cores)), from: `${least.from} (${Number(least.cores.toFixed(2))} of ${parallelism})` };
}

interface Quota {
  readonly cores: number;
  readonly from: string;
}

/** All quotas that one line of /proc/self/cgroup (`id:controllers:path`) leads to: a group is also bound by its parents. */
function quotasOf(line: string, read: CoresSeen["read"]): Quota[] {
  const [id, controllers = "", ...rest] = line.split(":");
  const path = rest.join(":");
  if (id === "0" && controllers === "") return ancestors(path).flatMap((group) => unifiedQuota(group, read));
  if (!controllers.split(",").includes("cpu")) return [];
  return ancestors(path).flatMap((group) => legacyQuota(controllers, group, read));
}

function unifiedQuota(group: string, read: CoresSeen["read"]): Quota[] {
  const [quota, period] = (read(posix.join(CGROUP_ROOT, group, "cpu.max")) ?? "").trim().split(/\s+/);
  return quotaOf(Number(quota), Number(period), "cgroup v2 cpu.max");
}

function legacyQuota(controllers: string, group: string, read: CoresSeen["read"]): Quota[] {
  const folders = [controllers, "cpu"].map((mount) => posix.join(CGROUP_ROOT, mount, group));
  const number = (name: string): number => Number(folders.map((folder) => read(posix.join(folder, name))).find(Boolean) ?? NaN);
  return quotaOf(number("cpu.cfs_quota_us"), number("cpu.cfs_period_us"), "cgroup v1 cfs_quota_us");
}

/** No quota is written as `max` (v2) or -1 (v1). */
function quotaOf(quotaUs: number, periodUs: number, from: string): Quota[] {
  return quotaUs > 0 && periodUs > 0 ? [{ cores: quotaUs / periodUs, from }] : [];
}

/** `/a/b` gives `/a/b`, `/a`, `/`. Inside a container the path is often that of the host and only `/` can be read. */
function ancestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return Array.from({ length: parts.length + 1 }, (_, up) => `/${parts.slice(0, parts.length - up).join("/")}`);
}

function thisMachine(): CoresSeen {
  return {
    parallelism: availableParallelism(),
    read(path) {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
  };
}
