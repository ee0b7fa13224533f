import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryFolder } from "../sinks/programs.js";
import { readLog, startRecorder } from "./recorder.js";

const PER_SECOND = 5000;
const SECONDS = Number(process.env["SECONDS"] ?? 60);
/** Of one core. */
const MOST_SHARE = 0.2;

test(`${PER_SECOND} records a second for ${SECONDS} s take at most ${MOST_SHARE} of a core, what makes the records included`, async (t) => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const options = { rotate: { every: "hour", maxMiB: 64 }, pack: "none" } as const;
  const idle = await startRecorder(folder.file("idle.jsonl"), { perSecond: 1, count: 1 }).over();
  const end = await startRecorder(path, { perSecond: PER_SECOND, count: PER_SECOND * SECONDS, options }).over();
  const share = (end.cpuMs - idle.cpuMs) / end.tookMs;
  t.diagnostic(`${JSON.stringify(end)}; start ${idle.cpuMs} ms; ${share.toFixed(3)} of a core`);
  assert.deepEqual([end.lost, (await readLog(path)).frames.length], [0, PER_SECOND * SECONDS]);
  assert.ok(share <= MOST_SHARE);
});
