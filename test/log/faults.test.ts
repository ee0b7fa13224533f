import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { openLog } from "../../src/log/index.js";
import { manualClock } from "../support/manual-clock.js";
import { until } from "../support/until.js";
import { temporaryFolder } from "../sinks/programs.js";
import { readLog, startRecorder, type Held } from "./recorder.js";

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
/** Small, so that a fault of a moment loses records; fast, so that tests do not wait. */
const SMALL = { bufferMiB: 2, syncMs: 50 } as const;
/** 2 MiB of lines are full within a second. */
const order = { perSecond: 5000, options: SMALL };

/** Checks that what is missing between the frames is what the gaps tell, and nothing else. @returns records lost */
function assertToldGaps({ records, troubles }: Held, first: number): number {
  assert.deepEqual(troubles, []);
  let next = first;
  let lost = 0;
  for (const record of records) {
    if (record.type === "gap") {
      assert.equal(record.fromFrame, next);
      assert.equal(record.cause, "sink_failed");
      assert.equal(record.records, record.toFrame - record.fromFrame + 1);
      lost += record.records;
      next = record.toFrame + 1;
    } else if (record.type === "frame") {
      assert.equal(record.frame, next);
      next += 1;
    }
  }
  return lost;
}

/**
 * Runs a recorder through a fault: it must tell it, go on, tell that it is over, and account for every record since the first
 * one that is still there.
 * @returns records lost
 */
async function through(path: string, fault: { begin(): void; end(): void; words: RegExp; lasts?: RegExp }): Promise<number> {
  const recorder = startRecorder(path, order);
  await recorder.told(/ACK/);
  fault.begin();
  await recorder.told(fault.words);
  if (fault.lasts) await recorder.told(fault.lasts);
  fault.end();
  await recorder.told(/is written again after/);
  const end = await recorder.end();
  const held = await readLog(path);
  const first = held.frames[0]!;
  const lost = assertToldGaps(held, first);
  assert.deepEqual([lost, first + held.frames.length + lost], [end.lost, end.frames]);
  return lost;
}

test("a full disk: records wait, the newest are lost and told, and it goes on by itself when there is room", async (t) => {
  if (!isRoot || process.platform !== "linux") return t.skip("SKIPPED: needs root to mount a small disk");
  await using folder = await temporaryFolder();
  const disk = folder.file("disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", disk]);
  try {
    const lost = await through(`${disk}/a.jsonl`, {
      // All but a little of the room goes at once.
      begin: () => writeFileSync(`${disk}/ballast`, Buffer.alloc(Math.max(0, statfsSync(disk).bavail * statfsSync(disk).bsize - 100_000))),
      words: /could not write \(ENOSPC\); up to 2 MiB of records wait/,
      lasts: /LOST/,
      end: () => rmSync(`${disk}/ballast`),
    });
    assert.ok(lost > 0);
  } finally {
    execFileSync("umount", ["-l", disk]);
  }
});

test("a folder that is removed and comes back: nothing that waits is lost, what was not yet safe is written anew", async () => {
  await using folder = await temporaryFolder();
  const logs = folder.file("logs");
  mkdirSync(logs);
  const lost = await through(`${logs}/a.jsonl`, {
    begin: () => rmSync(logs, { recursive: true }),
    words: /a\.jsonl was removed while it was written|could not write \(ENOENT\)/,
    end: () => mkdirSync(logs),
  });
  assert.equal(lost, 0);
});

test("as long as the folder is gone nothing says that it is written again", async () => {
  await using folder = await temporaryFolder();
  const logs = folder.file("logs");
  mkdirSync(logs);
  const recorder = startRecorder(`${logs}/a.jsonl`, { ...order, perSecond: 500 });
  await recorder.told(/ACK/);
  rmSync(logs, { recursive: true });
  await recorder.told(/up to 2 MiB of records wait/);
  // Longer than some syncs and tries.
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.doesNotMatch(recorder.said(), /is written again/);
  mkdirSync(logs);
  await recorder.told(/is written again after/);
  await recorder.end();
});

test("a file that is moved away, as logrotate does: a new one is begun, and no record is missing or twice", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const recorder = startRecorder(path, { ...order, perSecond: 1000 });
  await recorder.told(/ACK/);
  renameSync(path, folder.file("moved"));
  await recorder.told(/was moved while it was written; a new one is begun/);
  await until(() => existsSync(path), "the new file");
  await recorder.end();
  const both = [folder.file("moved"), path].flatMap((one) => readFileSync(one, "utf8").split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { frame: number }).frame));
  assert.deepEqual(both, [...both.keys()]);
});

test("permission taken and given back, for a user who is not root: a file that can't be made waits", async (t) => {
  if (!isRoot) return t.skip("SKIPPED: needs root to become another user");
  await using folder = await temporaryFolder();
  chmodSync(folder.path, 0o755);
  const logs = folder.file("logs");
  mkdirSync(logs);
  chownSync(logs, NOBODY, NOBODY);
  const path = `${logs}/a.jsonl`;
  const recorder = startRecorder(path, { ...order, perSecond: 1000, asNobody: true });
  await recorder.told(/ACK/);
  // The open file can still be written; it is moved away by its owner, and the next can't be made.
  chmodSync(logs, 0o555);
  renameSync(path, folder.file("moved"));
  await recorder.told(/could not write \(EACCES\)/);
  chmodSync(logs, 0o755);
  await recorder.told(/is written again after .*nothing was lost/);
  await recorder.end();
  const both = [folder.file("moved"), path].flatMap((one) => readFileSync(one, "utf8").split("\n").slice(0, -1).map((line) => (JSON.parse(line) as { frame: number }).frame));
  assert.deepEqual(both, [...both.keys()]);
});

test("a second process is refused, and told who holds the log; what a killed one held is free", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const clock = manualClock();
  const recorder = startRecorder(path, { ...order, perSecond: 100 });
  await recorder.told(/ACK/);
  await assert.rejects(openLog({ path }, { clock }), { code: "E_LOG_LOCKED", message: new RegExp(`a\\.jsonl is written by process ${recorder.child.pid} since 20`) });
  recorder.child.kill("SIGKILL");
  await recorder.gone;
  assert.ok(existsSync(`${path}.lock`));
  await (await openLog({ path }, { clock }))[Symbol.asyncDispose]();
  assert.equal(existsSync(`${path}.lock`), false);
});

test("a lock of another machine holds as long as it is touched; one that nobody can read does not", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const holder = JSON.stringify({ pid: 1, host: "elsewhere", begun: "1@x", since: "2026-11-20T10:00:00.000Z" });
  writeFileSync(`${path}.lock`, holder);
  await assert.rejects(openLog({ path }, { clock: manualClock(Date.now() + 14_000) }), { code: "E_LOG_LOCKED", message: /process 1 at elsewhere/ });
  await (await openLog({ path }, { clock: manualClock(Date.now() + 16_000) }))[Symbol.asyncDispose]();
  writeFileSync(`${path}.lock`, "half");
  await (await openLog({ path }, { clock: manualClock() }))[Symbol.asyncDispose]();
});
