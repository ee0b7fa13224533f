import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { test } from "node:test";
import { until } from "../support/until.js";
import { descendants, holdings, isAlive, readProcess } from "./processes.js";

const skip = process.platform !== "linux" && "SKIPPED: processes are looked at in /proc";

test("children and their children are seen with their arguments, and gone when they are", { skip }, async () => {
  const child = spawn("sh", ["-c", "sleep 60 & echo up; wait"], { stdio: ["ignore", "pipe", "ignore"], detached: true });
  await once(child.stdout, "data");
  await until(() => descendants(process.pid).some(({ commandLine }) => commandLine === "sleep 60"), "sleep among the descendants", 5000);
  const pid = child.pid ?? 0;
  const [sleep] = descendants(pid);
  assert.equal(sleep?.parentPid, pid);
  assert.ok(isAlive(pid));
  process.kill(-pid, "SIGKILL");
  await once(child, "exit");
  assert.equal(readProcess(pid), undefined);
  await until(() => !isAlive(sleep.pid), "end of sleep", 5000);
});

test("holdings follow descriptors and children, both ways", { skip }, async () => {
  const before = holdings();
  const file = await open("/dev/null");
  const child = spawn("sleep", ["60"], { stdio: "ignore" });
  await once(child, "spawn");
  const during = holdings();
  assert.equal(during.children, before.children + 1);
  assert.ok(during.descriptors > before.descriptors);
  child.kill("SIGKILL");
  await Promise.all([once(child, "exit"), file.close()]);
  assert.deepEqual([holdings().children, holdings().descriptors <= before.descriptors + 1], [before.children, true]);
  assert.ok(before.threads >= 1 && before.rssBytes > 1e6, JSON.stringify(before));
});
