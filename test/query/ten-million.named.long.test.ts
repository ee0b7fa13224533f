import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { temporaryFolder } from "../support/pool.js";
import { CLI } from "../support/cli.js";
import { writeBigLog } from "./big-log.js";

/** 28 hours of 20 streams with 5 frames a second; 5 GB. */
const RECORDS = 10_000_000;
const BIG = { records: RECORDS, streams: 20, fps: 5, startMs: Date.parse("2026-11-20T00:00:00Z") };
const GB = 1e9;

/** Runs the command line to its end; returns seconds. */
function timed(...args: readonly string[]): number {
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return (performance.now() - startedMs) / 1000;
}

const bytesIn = (folder: string): number => readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);

// npm test -- --long query/ten-million
describe(`a per-minute count over ${RECORDS} records`, () => {
  const folder = temporaryFolder();
  const log = join(folder, "detections.jsonl");
  let expected: ReadonlyMap<string, number>;
  before(async () => void (expected = await writeBigLog({ folder, ...BIG })));

  /** Counts, compares with what was counted while the lines were written, and says how long it took. */
  function countAndCheck(what: string, path: string, sizeBytes: number): void {
    const out = join(folder, "counts.csv");
    const seconds = timed("query", path, "--report", "classes", "--out", out);
    const rows = readFileSync(out, "utf8").trimEnd().split("\n").slice(1).map((line) => line.split(","));
    assert.deepEqual(new Map(rows.map(([time = "", label = "", objects]) => [`${time.slice(0, 16)} ${label}`, Number(objects)])), new Map([...expected].sort()));
    console.log(`${what}: ${(sizeBytes / GB).toFixed(2)} GB, ${seconds.toFixed(1)} s`);
  }

  test("as lines, packed with gzip, and as Parquet", async () => {
    countAndCheck("JSON lines", log, bytesIn(folder));
    const packed = temporaryFolder();
    for (const name of readdirSync(folder).filter((one) => one.endsWith(".jsonl"))) await pipeline(createReadStream(join(folder, name)), createGzip({ level: 1 }), createWriteStream(join(packed, `${name}.gz`)));
    countAndCheck("gzip", join(packed, "detections.jsonl"), bytesIn(packed));
    console.log(`sightline log compact: ${timed("log", "compact", log).toFixed(0)} s`);
    countAndCheck("Parquet", log, bytesIn(folder));
  });
});
