import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { compactLog, readMoment, readStep, reportQuery, REPORTS, viewTable, type ReportAsk } from "../../src/query/index.js";
import { frameLine } from "../support/frame-lines.js";
import { temporaryFolder } from "../support/pool.js";
import { ask, clockAt, VERSION_1 } from "./rig.js";

const MOST = 100;

async function rowsOf(path: string, name: string, wish: ReportAsk = {}): Promise<readonly (readonly unknown[])[]> {
  const { log } = await ask([path]);
  await using _closed = log;
  return (await log.rows(reportQuery(name, wish), MOST)).rows;
}

/** Counted by hand from the lines of the file. */
const CLASSES = [
  ["2026-11-20T10:00:00.000Z", "bus", 1],
  ["2026-11-20T10:00:00.000Z", "car", 2],
  ["2026-11-20T10:00:00.000Z", "person", 1],
  ["2026-11-20T10:00:00.000Z", 'person "é"', 1],
  ["2026-11-20T10:01:00.000Z", "car", 1],
];

describe("ready reports", () => {
  test("count classes by minute, or by any step, stream and stretch of time", async () => {
    assert.deepEqual(await rowsOf(VERSION_1, "classes"), CLASSES);
    assert.deepEqual(await rowsOf(VERSION_1, "classes", { stepS: 3600, streams: ["gate"], since: "2026-11-20T10:00:00.001Z", until: "2026-11-20T10:01:10.000Z" }), [["2026-11-20T10:00:00.000Z", "car", 1]]);
    assert.deepEqual(await rowsOf(VERSION_1, "classes", { streams: ["gate' OR 1=1 --"] }), []);
    assert.deepEqual(await rowsOf(VERSION_1, "classes", { streams: [] }), []);
  });

  test("count frames that were thinned out as looked at", async () => {
    // gate: frames 0, 1, 142 with 140 before it, 148; the failed one was not looked at.
    assert.deepEqual(await rowsOf(VERSION_1, "busiest"), [["gate", 144, 4, 0.03, "2026-11-20T10:00:00.000Z", 3], ["yard", 2, 2, 1, "2026-11-20T10:00:00.000Z", 2]]);
  });

  test("keep still frames apart: they were there, and nobody looked at them", async () => {
    const log = join(temporaryFolder(), "still.jsonl");
    const still = { outcome: "still", unchangedSince: 0 };
    // 40 s after the first one: 998 were left out before it.
    writeFileSync(log, [frameLine(0, [[2, "car", 0.9, [0, 0, 8, 8]]]), frameLine(1, [], still), frameLine(1000, [], { ...still, stillBefore: 998 })].map((line) => `${line}\n`).join(""));
    assert.deepEqual((await rowsOf(log, "busiest")).map(([stream, frames, objects]) => [stream, frames, objects]), [["gate", 1, 1]]);
    assert.deepEqual(await rowsOf(log, "gaps"), []);
    const { log: opened } = await ask([log]);
    await using _closed = opened;
    const { rows } = await opened.rows({ sql: "SELECT frame, outcome, unchanged_since, still_before, objects FROM frames ORDER BY frame" }, MOST);
    assert.deepEqual(rows, [[0, "detected", null, 0, 1], [1, "still", 0, 0, 0], [1000, "still", 0, 998, 0]]);
  });

  test("tell gaps, but not what was thinned out", async () => {
    // 29.8 s before frame 142 are told of by its emptyBefore; 40 s before frame 148 by nobody: 30.2 of 70.2 s.
    assert.deepEqual(await rowsOf(VERSION_1, "uptime"), [
      ["gate", "2026-11-20T10:00:00.000Z", "2026-11-20T10:01:10.200Z", 43.02, 1, 40, 5],
      ["yard", "2026-11-20T10:00:00.500Z", "2026-11-20T10:00:01.000Z", 100, 0, 0, 0],
    ]);
    assert.deepEqual(await rowsOf(VERSION_1, "gaps"), [["gate", "2026-11-20T10:00:30.000Z", "2026-11-20T10:01:10.000Z", 40]]);
  });

  test("give percentiles of the latency, and when each class was seen", async () => {
    // 40, 50, 60, 70 ms: between two values in proportion.
    const [gate] = await rowsOf(VERSION_1, "latency");
    assert.deepEqual(gate, ["gate", 4, 55, 68.5, 69.7, 70, 3, 21, 0.1]);
    assert.deepEqual((await rowsOf(VERSION_1, "seen"))[0], ["gate", "car", "2026-11-20T10:00:00.000Z", "2026-11-20T10:01:10.000Z", 3, 0.95]);
  });

  test("say the same of the log packed with gzip, with zstd, and as Parquet", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "g.jsonl.gz"), gzipSync(readFileSync(VERSION_1)));
    copyFileSync(`${VERSION_1}.zst`, join(folder, "z.jsonl.zst"));
    copyFileSync(VERSION_1, join(folder, "p.2026-11-20T10.jsonl"));
    for await (const { problem } of compactLog(join(folder, "p.jsonl"), { clock: clockAt(Date.parse("2026-11-22")), dryRun: false, threads: 1, signal: new AbortController().signal })) assert.equal(problem, null);
    for (const name of ["g.jsonl.gz", "z.jsonl.zst", "p.2026-11-20.parquet"]) {
      for (const report of ["classes", "uptime", "latency"]) assert.deepEqual(await rowsOf(join(folder, name), report), await rowsOf(VERSION_1, report), `${report} of ${name}`);
    }
  });
});

describe("the views", () => {
  test("hold every kind of record, with the same columns whatever a file holds", async () => {
    const { log } = await ask([VERSION_1]);
    await using _closed = log;
    const one = async (sql: string): Promise<unknown> => (await log.rows({ sql }, MOST)).rows;
    assert.deepEqual(await one("SELECT x1, y1, x2, y2, track_id, score FROM objects WHERE label = 'bus'"), [[0, 0, 640, 360, 7, 0.6667]]);
    assert.deepEqual(await one("SELECT skipped, skipped_busy, empty_before, objects, total_ms FROM frames WHERE frame = 142"), [[3, 2, 140, 1, 60]]);
    assert.deepEqual(await one("SELECT outcome, error_code, infer_ms FROM frames WHERE frame = 149"), [["failed", "E_INFERENCE_FAILED", null]]);
    assert.deepEqual(await one("SELECT state, reason, retry_in_ms, recorded_at FROM states ORDER BY recorded_at"), [["live", null, null, "2026-11-20T10:00:00.000Z"], ["reconnecting", "E_SOURCE_DISCONNECTED", 250.5, "2026-11-20T10:00:00.700Z"]]);
    assert.deepEqual(await one("SELECT kind, after->>'zone' FROM events"), [["zone.enter", "drive"]]);
    assert.deepEqual(await one("SELECT records, cause FROM gaps"), [[5, "sink_slow"]]);
    assert.deepEqual(await one("SELECT decoded, detected, skipped, fps_in, p95_ms FROM stats"), [[150, 144, 5, 5.01, 68.5]]);
    assert.deepEqual(await one("SELECT level, code FROM logs"), [["warn", "E_INFERENCE_FAILED"]]);
    for (const { name, columns } of viewTable()) {
      const { columns: found } = await log.rows({ sql: `SELECT * FROM ${name}` }, 1);
      assert.deepEqual(found.map((column) => column.name), columns.map((column) => column.name));
    }
  });

  test("are all that a query reaches: no other file, no writing, no setting", async () => {
    const { log } = await ask([VERSION_1]);
    await using _closed = log;
    const folder = temporaryFolder();
    writeFileSync(join(folder, "secret.txt"), "secret");
    for (const sql of [`SELECT * FROM read_text('${join(folder, "secret.txt")}')`, `COPY (SELECT 1) TO '${join(folder, "out.csv")}'`, "SET enable_external_access = true", "INSTALL httpfs", `ATTACH '${join(folder, "x.db")}'`]) {
      await assert.rejects(log.rows({ sql }, 1), { code: "E_QUERY" }, sql);
    }
  });

  test("are left by a query that is interrupted", async () => {
    const stop = new AbortController();
    const { log } = await ask([VERSION_1], stop.signal);
    await using _closed = log;
    const asked = log.rows({ sql: "SELECT count(*) FROM range(1000000000000) a(x) WHERE hash(x) = 1" }, 1);
    setTimeout(() => stop.abort(), 50);
    await assert.rejects(asked, { code: "E_STOPPED" });
  });
});

test("moments and steps are read, or refused with what is allowed", () => {
  const nowMs = Date.parse("2026-11-20T12:00:00Z");
  const cases: readonly (readonly [string, string])[] = [["2026-11-20", "2026-11-20T00:00:00.000Z"], ["2026-11-20T10:30", "2026-11-20T10:30:00.000Z"], ["2026-11-20 10:30:05.5+01:00", "2026-11-20T09:30:05.500Z"], ["90m", "2026-11-20T10:30:00.000Z"], ["1d", "2026-11-19T12:00:00.000Z"]];
  for (const [text, expected] of cases) assert.equal(readMoment(text, "--since", nowMs), expected);
  for (const text of ["yesterday", "2026-13-45", "", "10", "1e9d"]) assert.throws(() => readMoment(text, "--since", nowMs), { code: "E_USAGE", message: /--since is .*2026-11-20T10:30/ });
  assert.equal(readStep("15m", "--step"), 900);
  for (const text of ["0s", "0.5s", "40d", "x"]) assert.throws(() => readStep(text, "--step"), { code: "E_USAGE" });
  assert.throws(() => reportQuery("nope", {}), { code: "E_REPORT_UNKNOWN", message: new RegExp(REPORTS.map(({ name }) => name).join(", ")) });
});
