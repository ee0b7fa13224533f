import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { logFiles, noteReplaced, readRecords, replacesNote } from "../../src/log/index.js";
import { compactLog, parquetLines, type CompactedDay } from "../../src/query/index.js";
import { toLine } from "../../src/wire/index.js";
import { frameLine } from "../support/frame-lines.js";
import { temporaryFolder } from "../support/pool.js";
import { ask, clockAt, VERSION_1 } from "./rig.js";

const TEXT = readFileSync(VERSION_1, "utf8");
const LINES = TEXT.trimEnd().split("\n");
const NOW = "2026-11-21T12:00:00Z";

async function compact(log: string, more: { readonly dryRun?: boolean; readonly now?: string } = {}): Promise<CompactedDay[]> {
  const days: CompactedDay[] = [];
  for await (const day of compactLog(log, { clock: clockAt(Date.parse(more.now ?? NOW)), dryRun: more.dryRun ?? false, threads: 1, signal: new AbortController().signal })) days.push(day);
  return days;
}

/** All records of a log by the way that everybody reads it. */
async function linesOf(log: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { record } of readRecords(await logFiles([log]), { onTrouble: ({ message }) => assert.fail(message), parquetLines })) lines.push(toLine(record));
  return lines;
}

/** Two parts of a closed day, one of the day that is, and the open file. */
function makeLog(): { readonly folder: string; readonly log: string; readonly parts: readonly string[] } {
  const folder = temporaryFolder();
  const parts = ["d.2026-11-20T10.jsonl.gz", "d.2026-11-20T11.jsonl"];
  writeFileSync(join(folder, parts[0]!), gzipSync(TEXT));
  writeFileSync(join(folder, parts[1]!), `${LINES[1]}\n`);
  writeFileSync(join(folder, "d.2026-11-21T10.jsonl"), `${LINES[2]}\n`);
  writeFileSync(join(folder, "d.jsonl"), `${LINES[3]}\n`);
  return { folder, log: join(folder, "d.jsonl"), parts: parts.map((name) => join(folder, name)) };
}

const EXPECTED = [...LINES, LINES[1]!, LINES[2]!, LINES[3]!];

describe("compacting", () => {
  test("gives each line of closed days back letter by letter, and leaves the open day alone", async () => {
    const { folder, log } = makeLog();
    assert.equal((await compact(log, { dryRun: true }))[0]!.parts, 2);
    assert.equal(readdirSync(folder).length, 4);
    const [day, ...others] = await compact(log);
    assert.deepEqual(others, []);
    assert.deepEqual([day!.records, day!.problem, day!.linesLeft], [14, null, 0]);
    assert.deepEqual(readdirSync(folder).sort(), ["d.2026-11-20.parquet", "d.2026-11-21T10.jsonl", "d.jsonl"]);
    const back: string[] = [];
    for await (const line of parquetLines(join(folder, "d.2026-11-20.parquet"))) back.push(line);
    assert.deepEqual(back, [...LINES, LINES[1]]);
    assert.deepEqual(await linesOf(log), EXPECTED);
    assert.deepEqual(await compact(log), []);
  });

  test("keeps JSON of other kinds, other keys and another order, and tells of what is none", async () => {
    const log = join(temporaryFolder(), "d.jsonl");
    const odd = ['{"type":"frame","v":1}', LINES[1]!.replace('"v":1', '"v":2'), LINES[1]!.replace('"objects"', '"later":[1],"objects"'), LINES[1]!.replace('"score":0.9', '"score":0.90'), '{"no":"record"}', LINES[6]!.replace("28400", "1e-7")];
    writeFileSync(log.replace(".jsonl", ".2026-11-20.jsonl"), `${odd.join("\n")}\n{"v":1,"ty`);
    const [day] = await compact(log);
    assert.deepEqual([day!.problem, day!.records, day!.linesLeft], [null, odd.length, 1]);
    const back: string[] = [];
    for await (const line of parquetLines(day!.target)) back.push(line);
    assert.deepEqual(back, odd);
  });

  test("gives back masks, outlines, points, corners and best classes, and queries read such records before and after", async () => {
    const log = join(temporaryFolder(), "d.jsonl");
    const box = [1, 2, 30.5, 40] as const;
    const all = {
      trackId: 7, corners: [[1, 2], [30.5, 2], [30.5, 40], [1, 40]], keypoints: [[3, 4.5, 0.91], [5, 6, 0]],
      mask: { size: [360, 640], counts: "Pf]3PZf6\\`" }, polygon: [[1, 2, 30.5, 2, 30.5, 40], [3, 3, 4, 3, 4, 4]], classes: [{ classId: 2, label: "car", score: 0.9 }, { classId: 0, label: "per\"son", score: 0.1 }],
    };
    const lines = [frameLine(0, [[2, "car", 0.9, box, all], [0, "person", 0.5, box]]), frameLine(1, [[0, "person", 0.5, box]])];
    const part = log.replace(".jsonl", ".2026-11-20.jsonl");
    writeFileSync(part, `${lines.join("\n")}\n`);
    const seen = async (path: string): Promise<unknown> => {
      const { log: asked, troubles } = await ask([path]);
      await using _closed = asked;
      return [(await asked.rows({ sql: "SELECT frame::INTEGER, label, x2, track_id::INTEGER FROM objects ORDER BY frame, score DESC" }, 10)).rows, troubles];
    };
    const expected = [[[0, "car", 30.5, 7], [0, "person", 30.5, null], [1, "person", 30.5, null]], []];
    assert.deepEqual(await seen(part), expected);
    const [day] = await compact(log);
    assert.deepEqual([day!.problem, day!.records], [null, 2]);
    assert.deepEqual(await linesOf(log), lines);
    assert.deepEqual(await seen(day!.target), expected);
  });

  test("leaves a day alone in which no line is JSON, and one that ended less than an hour ago", async () => {
    const log = join(temporaryFolder(), "d.jsonl");
    const part = log.replace(".jsonl", ".2026-11-20T23.jsonl");
    writeFileSync(part, TEXT);
    assert.deepEqual(await compact(log, { now: "2026-11-21T00:30:00Z" }), []);
    writeFileSync(part, "no log at all\n");
    assert.match((await compact(log))[0]!.problem ?? "", /no line/);
    assert.deepEqual(readdirSync(join(part, "..")), ["d.2026-11-20T23.jsonl"]);
  });
});

describe("compacting that was stopped", () => {
  /** A log whose day was put together, with its parts back where they were, and how far the work had come. */
  async function stopped(): Promise<ReturnType<typeof makeLog> & { readonly target: string }> {
    const made = makeLog();
    const times = made.parts.map((path) => ({ path, kept: `${path}.kept`, at: statSync(path).mtime }));
    for (const { path, kept } of times) copyFileSync(path, kept);
    const [day] = await compact(made.log);
    for (const { path, kept, at } of times) {
      renameSync(kept, path);
      utimesSync(path, at, at);
    }
    return { ...made, target: day!.target };
  }

  test("before the file had its name: the parts count, and the next call does it all", async () => {
    const { folder, log, parts, target } = await stopped();
    await noteReplaced(target, parts);
    renameSync(target, `${target}.part`);
    assert.deepEqual(await linesOf(log), EXPECTED);
    assert.equal((await compact(log))[0]!.records, 14);
    assert.deepEqual(readdirSync(folder).sort(), ["d.2026-11-20.parquet", "d.2026-11-21T10.jsonl", "d.jsonl"]);
    assert.deepEqual(await linesOf(log), EXPECTED);
  });

  test("after that, with parts still there: the file counts, and the next call removes them", async () => {
    const { log, parts, target } = await stopped();
    await noteReplaced(target, parts);
    assert.deepEqual(await linesOf(log), EXPECTED);
    rmSync(parts[0]!);
    assert.deepEqual(await linesOf(log), EXPECTED);
    assert.deepEqual(await compact(log), []);
    assert.ok(!existsSync(parts[1]!) && !existsSync(replacesNote(target)));
    assert.deepEqual(await linesOf(log), EXPECTED);
  });

  test("and a later part of the same name is none that the file stands for", async () => {
    const { folder, log, parts, target } = await stopped();
    await noteReplaced(target, parts);
    writeFileSync(parts[1]!, `${LINES[1]}\n${LINES[2]}\n`);
    assert.deepEqual(await linesOf(log), [...LINES, LINES[1]!, LINES[1]!, LINES[2]!, LINES[2]!, LINES[3]!]);
    assert.equal((await compact(log))[0]!.target, join(folder, "d.2026-11-20.2.parquet"));
    assert.deepEqual((await linesOf(log)).length, EXPECTED.length + 2);
  });
});
