import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { openLog, type LogOptions } from "../../src/log/index.js";
import { partsToRemove, type KeptPart } from "../../src/log/keeper.js";
import { logNameReader } from "../../src/log/names.js";
import { frameRecord, published } from "../../src/wire/index.js";
import { manualClock } from "../support/manual-clock.js";
import { until } from "../support/until.js";
import { framesOf, temporaryFolder } from "../sinks/programs.js";
import { context, detected, header, publishedFrame } from "../wire/records.js";
import { readLog } from "./recorder.js";

const HOUR_MS = 3_600_000;
const AT_TEN = Date.parse("2026-11-20T10:20:00Z");

/** Writes one frame at a time at moments of the wall clock, each made safe before the next. */
async function writeAt(path: string, moments: readonly number[], options: Partial<LogOptions>): Promise<void> {
  let wallMs = moments[0]!;
  const clock = { ...manualClock(), wallMs: () => wallMs };
  await using log = await openLog({ path, ...options }, { clock });
  for (const [frame, at] of moments.entries()) {
    wallMs = at;
    log.write(published(frameRecord(detected(header(frame)), { ...context, publishedAtMs: at })));
    await log.flush();
  }
}

test("each hour has a file, named by it; time that goes back begins none, and a second one of an hour has a number", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const moments = [AT_TEN, AT_TEN + HOUR_MS, AT_TEN + HOUR_MS - 1, AT_TEN + 2 * HOUR_MS, AT_TEN, AT_TEN + 3 * HOUR_MS];
  await writeAt(path, moments, { rotate: { every: "hour", maxMiB: null } });
  assert.deepEqual(readdirSync(folder.path).sort(), ["a.2026-11-20T10.jsonl", "a.2026-11-20T11.jsonl", "a.2026-11-20T12.jsonl", "a.jsonl"]);
  const framesIn = (name: string): number[] => framesOf(readFileSync(folder.file(name), "utf8"));
  assert.deepEqual(["a.2026-11-20T10.jsonl", "a.2026-11-20T11.jsonl", "a.2026-11-20T12.jsonl", "a.jsonl"].map(framesIn), [[0], [1, 2], [3, 4], [5]]);
  assert.deepEqual((await readLog(path)).frames, [0, 1, 2, 3, 4, 5]);
});

test("a file of an earlier day that is gone on with is closed under that day's name", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  await writeAt(path, [AT_TEN], { rotate: { every: "day", maxMiB: null } });
  await writeAt(path, [AT_TEN + 48 * HOUR_MS], { rotate: { every: "day", maxMiB: null } });
  assert.deepEqual(readdirSync(folder.path).sort(), ["a.2026-11-20.jsonl", "a.jsonl"]);
});

test("by size: closed parts are numbered, packed, and read in the order in which they were written", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const clock = manualClock(AT_TEN);
  {
    await using log = await openLog({ path, rotate: { every: "none", maxMiB: 0.1 }, pack: "gzip" }, { clock });
    for (let frame = 0; frame < 1000; frame += 1) {
      log.write(publishedFrame(frame, {}, [1, 2, 3, 4]));
      if (frame % 100 === 99) await log.flush();
    }
    await until(() => readdirSync(folder.path).filter((name) => name.endsWith(".gz")).length === 3, "three packed parts");
  }
  assert.deepEqual(readdirSync(folder.path).sort(), [1, 2, 3].map((n) => `a.2026-11-20T10.${n === 1 ? "" : `${n}.`}jsonl.gz`).concat("a.jsonl").sort());
  assert.deepEqual(framesOf(gunzipSync(readFileSync(folder.file("a.2026-11-20T10.jsonl.gz"))).toString()).slice(0, 3), [0, 1, 2]);
  const { frames, troubles } = await readLog(path);
  assert.deepEqual(frames, [...Array(1000).keys()]);
  assert.deepEqual(troubles, []);
});

test("what a crash left half packed is packed again, and counts once meanwhile", async () => {
  await using folder = await temporaryFolder();
  const line = `${publishedFrame(7).line}\n`;
  writeFileSync(folder.file("a.2026-11-20T10.jsonl"), line);
  writeFileSync(folder.file("a.2026-11-20T10.jsonl.gz"), "half");
  writeFileSync(folder.file(".a.2026-11-20T10.jsonl.gz.packing"), "ha");
  const path = folder.file("a.jsonl");
  assert.deepEqual((await readLog(path)).frames, [7]);
  assert.deepEqual((await readLog(folder.path)).frames, [7]);
  await using _log = await openLog({ path, pack: "gzip" }, { clock: manualClock(AT_TEN) });
  await until(() => readdirSync(folder.path).sort().join() === "a.2026-11-20T10.jsonl.gz,a.jsonl,a.jsonl.lock", `the packed part; ${readdirSync(folder.path).join()}`);
  assert.equal(gunzipSync(readFileSync(folder.file("a.2026-11-20T10.jsonl.gz"))).toString(), line);
});

test("retention takes the oldest closed parts, by age and by bytes in all, and never the open file", () => {
  const part = (period: string, sizeBytes: number, number = 1): KeptPart => ({ path: `${period}.${number}`, part: { period, number, kind: "gzip" }, sizeBytes });
  const parts = [part("2026-11-18", 50), part("2026-11-20T09", 40), part("2026-11-20T10", 30), part("2026-11-20T10", 20, 2)];
  const now = Date.parse("2026-11-20T11:30:00Z");
  const rules = (days: number | null, totalBytes: number | null): string[] => partsToRemove(parts, 10, { days, totalBytes }, now);
  assert.deepEqual(rules(null, null), []);
  assert.deepEqual(rules(1, null), ["2026-11-18.1"]);
  assert.deepEqual(rules(1.47, null), ["2026-11-18.1"]);
  assert.deepEqual(rules(1.48, null), []);
  assert.deepEqual(rules(null, 150), []);
  assert.deepEqual(rules(null, 149), ["2026-11-18.1"]);
  assert.deepEqual(rules(1, 59), ["2026-11-18.1", "2026-11-20T09.1", "2026-11-20T10.1"]);
  assert.deepEqual(rules(null, 0), parts.map(({ path }) => path));
});

test("too old parts go from the disk; those of another log, and other files, stay", async () => {
  await using folder = await temporaryFolder();
  for (const name of ["a.2026-11-01.jsonl", "a.2026-11-19.jsonl.gz", "b.2026-11-01.jsonl", "a.2026-11-01.txt", "a.2026-11-01.jsonl.bak"]) writeFileSync(folder.file(name), "");
  await using _log = await openLog({ path: folder.file("a.jsonl"), keep: { days: 7, totalMiB: null } }, { clock: manualClock(AT_TEN) });
  const left = ["a.2026-11-01.jsonl.bak", "a.2026-11-01.txt", "a.2026-11-19.jsonl.gz", "a.jsonl", "a.jsonl.lock", "b.2026-11-01.jsonl"];
  await until(() => readdirSync(folder.path).sort().join() === left.join(), "the old part to go, and nothing else");
});

test("with {stream} each stream has a log of its own, found again as a whole", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("{stream}.jsonl");
  {
    await using log = await openLog({ path }, { clock: manualClock(AT_TEN) });
    for (const [frame, stream] of ["gate", "yard.2026-11-20", "gate"].entries()) log.write(publishedFrame(frame, { stream }));
  }
  assert.deepEqual(readdirSync(folder.path).sort(), ["gate.jsonl", "yard.2026-11-20.jsonl"]);
  assert.deepEqual(framesOf(readFileSync(folder.file("gate.jsonl"), "utf8")), [0, 2]);
  assert.deepEqual((await readLog(path)).frames, [0, 2, 1]);
  await assert.rejects(openLog({ path: folder.file("a.jsonl.gz") }, { clock: manualClock() }), { code: "E_CONFIG" });
  await assert.rejects(openLog({ path: folder.file("missing/{stream}.jsonl") }, { clock: manualClock() }), { code: "E_OUT_FOLDER" });
});

test("with {stream}: a known stream's log is locked at once, and closed files of one that is no more are removed too", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(folder.file("old.2026-11-01.jsonl"), "");
  const options = { path: folder.file("{stream}.jsonl"), keep: { days: 7, totalMiB: null } };
  await using _log = await openLog(options, { clock: manualClock(AT_TEN), streams: ["gate"] });
  await assert.rejects(openLog(options, { clock: manualClock(AT_TEN), streams: ["yard", "gate"] }), { code: "E_LOG_LOCKED" });
  await until(() => readdirSync(folder.path).sort().join() === "gate.jsonl,gate.jsonl.lock,yard.jsonl", "the old part to go, and yard's lock");
});

test("names are read as they are made", () => {
  const one = logNameReader("logs/a.b.jsonl");
  assert.deepEqual(one("a.b.jsonl"), { stream: null, part: null });
  assert.deepEqual(one("a.b.2026-11-20T10.12.jsonl.zst"), { stream: null, part: { period: "2026-11-20T10", number: 12, kind: "zstd" } });
  assert.deepEqual(one("a.b.2026-11-20.parquet"), { stream: null, part: { period: "2026-11-20", number: 1, kind: "parquet" } });
  for (const other of ["a.jsonl", "axb.jsonl", "a.b.jsonl.gz", "a.b.parquet", "a.b.2026-11-20T10.0.jsonl", "a.b.2026-11-20T10.jsonl.lock", "a.b.gate.jsonl"]) assert.equal(one(other), null, other);
  const many = logNameReader("logs/cam-{stream}.jsonl");
  assert.deepEqual(many("cam-gate.2026-11-20T10.jsonl.gz"), { stream: "gate", part: { period: "2026-11-20T10", number: 1, kind: "gzip" } });
  assert.deepEqual(many("cam-a.b.jsonl"), { stream: "a.b", part: null });
  assert.equal(many("gate.jsonl"), null);
});
