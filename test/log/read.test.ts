import assert from "node:assert/strict";
import { appendFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { logFiles, readRecords, type LogTrouble } from "../../src/log/index.js";
import { temporaryFolder } from "../sinks/programs.js";
import { publishedFrame } from "../wire/records.js";
import { readLog } from "./recorder.js";

const line = (frame: number): string => `${publishedFrame(frame, {}, [1, 2, 3, 4]).line}\n`;
const messages = (troubles: readonly LogTrouble[]): unknown[] => troubles.map(({ line: at, message }) => [at, message]);

test("a torn line, NUL bytes, bad UTF-8 and lines of others cost a word with their line, the rest is read", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  writeFileSync(path, line(0));
  appendFileSync(path, `${"\0".repeat(600)}\n`);
  appendFileSync(path, line(1));
  appendFileSync(path, Buffer.from([0x7b, 0xff, 0xfe, 0x0a]));
  appendFileSync(path, `{"v":2,"type":"frame"}\n${line(2)}${line(3).slice(0, 100)}`);
  const { frames, troubles } = await readLog(path);
  assert.deepEqual(frames, [0, 1, 2]);
  assert.deepEqual(messages(troubles).slice(0, 2), [[2, "600 NUL bytes, as a power cut leaves them"], [4, "no UTF-8"]]);
  assert.match(troubles[2]!.message, /^no record of version 1: /);
  assert.deepEqual([troubles[2]!.line, troubles[3]], [5, { path, line: null, message: "1 more lines are no records" }]);
});

test("a torn end alone is told with its line; a whole record without its end is one", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(folder.file("torn.jsonl"), line(0) + line(1).slice(0, 50));
  assert.deepEqual(messages((await readLog(folder.file("torn.jsonl"))).troubles), [[2, "torn: it has no end"]]);
  writeFileSync(folder.file("whole.jsonl"), line(0) + line(1).trimEnd());
  assert.deepEqual(await readLog(folder.file("whole.jsonl")).then(({ frames, troubles }) => [frames, troubles]), [[0, 1], []]);
});

test("a line of 100 MB is passed over in bounded memory", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  writeFileSync(path, line(0));
  const megabyte = Buffer.alloc(1_000_000, "x");
  for (let i = 0; i < 100; i += 1) appendFileSync(path, megabyte);
  appendFileSync(path, `\n${line(1)}`);
  const before = process.memoryUsage().rss;
  const { frames, troubles } = await readLog(path);
  assert.deepEqual(frames, [0, 1]);
  assert.match(troubles[0]!.message, /^longer than \d+ bytes$/);
  assert.ok(process.memoryUsage().rss - before < 90_000_000, "the line was held in memory");
});

test("a file of another program is left aside after a look; a broken packed one is read as far as it goes", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(folder.file("a.2026-11-20T10.jsonl"), "a,b\n".repeat(5000));
  const packed = gzipSync(Array.from({ length: 2000 }, (_, frame) => line(frame)).join(""));
  writeFileSync(folder.file("a.2026-11-20T11.jsonl.gz"), packed.subarray(0, packed.length / 2));
  writeFileSync(folder.file("a.jsonl"), line(9999));
  const { frames, troubles } = await readLog(folder.file("a.jsonl"));
  assert.match(troubles[3]!.message, /^none of its first 100 lines is a record of sightline/);
  assert.match(troubles.at(-1)!.message, /^could not be read on \(unexpected end of file\)$/);
  assert.ok(frames.length > 100);
  assert.deepEqual(frames.slice(0, -1), [...frames.keys()].slice(0, -1));
  assert.equal(frames.at(-1), 9999);
});

test("keys of a later version 1 are left out; places lead back to the lines", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const later = line(1).replace('"epoch":1', '"epoch":1,"later":{"x":1}').replace('"classId":2', '"classId":2,"mood":"good"');
  writeFileSync(path, line(0) + later + line(2));
  const entries = [];
  for await (const entry of readRecords(await logFiles([path]), { onTrouble: (trouble) => assert.fail(trouble.message) })) entries.push(entry);
  assert.deepEqual(entries[1]!.record, JSON.parse(line(1)));
  const { atBytes, line: number } = entries[2]!;
  assert.deepEqual([number, atBytes], [3, Buffer.byteLength(line(0) + later)]);
  for await (const entry of readRecords([{ path, kind: "none" }], { onTrouble: () => undefined, fromBytes: atBytes })) assert.deepEqual(entry.record, JSON.parse(line(2)));
});

test("a path that leads to no log is E_LOG_MISSING", async () => {
  await using folder = await temporaryFolder();
  for (const path of [folder.file("none.jsonl"), folder.path, folder.file("{stream}.jsonl"), folder.file("no/where.jsonl")]) await assert.rejects(logFiles([path]), { code: "E_LOG_MISSING" }, path);
});
