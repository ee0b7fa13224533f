import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import test from "node:test";
import { availableCores, machineLine } from "../../src/machine/index.js";

const machine = (parallelism: number, files: Record<string, string>) => ({ parallelism, read: (path: string) => files[path] });

test("without a quota the scheduler's number counts", () => {
  assert.deepEqual(availableCores(machine(8, {})), { cores: 8, from: "scheduler" });
  const unlimited = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "max 100000\n" };
  assert.deepEqual(availableCores(machine(8, unlimited)), { cores: 8, from: "scheduler" });
});

test("a container's cgroup v2 quota is respected, rounded down", () => {
  const files = { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "250000 100000\n" };
  assert.deepEqual(availableCores(machine(16, files)), { cores: 2, from: "cgroup v2 cpu.max (2.5 of 16)" });
});

test("the tightest quota of a group and its parents holds", () => {
  const files = {
    "/proc/self/cgroup": "0::/kubepods/pod1/box\n",
    "/sys/fs/cgroup/kubepods/pod1/box/cpu.max": "max 100000",
    "/sys/fs/cgroup/kubepods/pod1/cpu.max": "300000 100000",
    "/sys/fs/cgroup/kubepods/cpu.max": "800000 100000",
  };
  assert.equal(availableCores(machine(16, files)).cores, 3);
});

test("a cgroup v1 quota is respected under either name of its mount", () => {
  const line = "11:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n";
  const joined = {
    "/proc/self/cgroup": line,
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "400000\n",
    "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
  };
  assert.deepEqual(availableCores(machine(8, joined)), { cores: 4, from: "cgroup v1 cfs_quota_us (4 of 8)" });
  const single = {
    "/proc/self/cgroup": line,
    "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "-1\n",
    "/sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n",
    "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n",
  };
  assert.equal(availableCores(machine(8, single)).cores, 3);
});

test("half a core still is one, and a quota above the machine's cores changes nothing", () => {
  const files = (quota: string) => ({ "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": quota });
  assert.equal(availableCores(machine(4, files("50000 100000"))).cores, 1);
  assert.deepEqual(availableCores(machine(4, files("800000 100000"))), { cores: 4, from: "scheduler" });
});

test("this machine has at least one core and says so in one line", () => {
  const { cores } = availableCores();
  assert.ok(cores >= 1 && cores <= availableParallelism(), `${cores} cores`);
  assert.match(machineLine(), /^[^\n]+, \d+ usable cores? \([^\n]+\), [\d.]+ GiB, [^\n]+ Node 2\d\.\d+\.\d+$/);
});
