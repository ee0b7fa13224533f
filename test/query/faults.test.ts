import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { temporaryFolder } from "../support/pool.js";
import { ask, VERSION_1 } from "./rig.js";

const LINES = readFileSync(VERSION_1, "utf8").trimEnd().split("\n");
/** Two whole lines: frames 0 and 1 of gate. */
const GOOD = Buffer.from(`${LINES[1]}\n${LINES[2]}\n`);
const NEWLINE = Buffer.from("\n");

/** What lies in a file between and after good lines; `line` is where a warning has to point, null = the file as a whole. */
const FILES: readonly { readonly name: string; readonly bytes: Buffer; readonly frames: number; readonly line: number | null }[] = [
  { name: "torn.jsonl", bytes: Buffer.concat([GOOD, GOOD.subarray(0, 100)]), frames: 2, line: 3 },
  { name: "torn-within.jsonl", bytes: Buffer.concat([GOOD, GOOD.subarray(0, 100), NEWLINE, GOOD]), frames: 4, line: 3 },
  { name: "nul.jsonl", bytes: Buffer.concat([GOOD, Buffer.alloc(4096)]), frames: 2, line: 3 },
  { name: "utf8.jsonl", bytes: Buffer.concat([GOOD, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]), GOOD]), frames: 4, line: 3 },
  { name: "foreign.jsonl", bytes: Buffer.from('127.0.0.1 - - "GET / HTTP/1.1" 200\n{"level":30,"msg":"hello"}\n[1]\n'), frames: 0, line: 1 },
  { name: "endless.jsonl", bytes: Buffer.concat([GOOD, Buffer.alloc(100_000_000, "a"), NEWLINE, GOOD]), frames: 4, line: 3 },
  { name: "no-gzip.jsonl.gz", bytes: GOOD, frames: 0, line: null },
  { name: "cut.jsonl.gz", bytes: gzipSync(Buffer.concat(Array.from({ length: 400 }, () => GOOD))).subarray(0, 300), frames: -1, line: null },
  { name: "no-parquet.parquet", bytes: Buffer.from("PAR1 it is not"), frames: 0, line: null },
  { name: "empty.jsonl", bytes: Buffer.alloc(0), frames: 0, line: -1 },
  { name: "we[i]rd '*?.jsonl", bytes: GOOD, frames: 2, line: -1 },
];

test("whatever lies among the files costs a warning with its place, never the answer", async () => {
  const folder = join(temporaryFolder(), "logs");
  mkdirSync(folder);
  for (const { name, bytes } of FILES) writeFileSync(join(folder, name), bytes);
  const { log, troubles } = await ask([folder]);
  await using _closed = log;
  const { rows } = await log.rows({ sql: "SELECT count(*) FROM frames" }, 1);
  await log.check();
  // How much of a cut file is read depends on where it was cut: whole lines only, none twice.
  const sure = FILES.reduce((sum, { frames }) => sum + Math.max(0, frames), 0);
  assert.ok(Number(rows[0]![0]) >= sure && Number(rows[0]![0]) < sure + 800, `${Number(rows[0]![0])} frames, ${sure} for sure`);
  for (const { name, line } of FILES) {
    const told = troubles.filter(({ path }) => basename(path) === name).map((trouble) => trouble.line);
    if (line === -1) assert.deepEqual(told, [], name);
    else assert.equal(told[0], line, `${name}: ${JSON.stringify(told)}`);
  }
});
