import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { systemClock } from "../../src/core/clock.js";
import { logFiles, openLog, verifyLog, type LogReport } from "../../src/log/index.js";
import { frameRecord, published, type GapRecord } from "../../src/wire/index.js";
import { temporaryFolder } from "../sinks/programs.js";
import { context, detected, header, publishedFrame } from "../wire/records.js";
import { readLog } from "./recorder.js";

const line = (frame: number, epoch = 1): string => `${publishedFrame(frame, { epoch }, [1, 2, 3, 4]).line}\n`;
const skipping = (frame: number, busy: number): string => `${published(frameRecord(detected(header(frame)), { ...context, skipped: { busy } })).line}\n`;
const gap = (fromFrame: number, toFrame: number): string =>
  `${JSON.stringify({ v: 1, type: "gap", stream: "gate", epoch: 1, fromFrame, toFrame, cause: "sink_failed", records: toFrame - fromFrame + 1, at: "2026-11-20T10:00:00.000Z" } satisfies GapRecord)}\n`;

async function verified(path: string, repair = false): Promise<{ readonly report: LogReport; readonly told: string[] }> {
  const told: string[] = [];
  const report = await verifyLog(await logFiles([path]), { repair, clock: systemClock, signal: new AbortController().signal, onTrouble: ({ line: at, message }) => told.push(`${at ?? "file"}: ${message}`) });
  return { report, told };
}

test("a log that accounts for every number is whole: skipped, lost and told, begun anew, in another epoch", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  writeFileSync(path, [line(0), skipping(3, 2), gap(4, 9), line(10, 2), line(0), line(1)].join(""));
  const { report, told } = await verified(path);
  assert.deepEqual(told, []);
  assert.equal(report.isWhole, true);
  const [{ frames, skipped, lost, missing, disordered, runs } = assert.fail("no stream")] = report.streams;
  assert.deepEqual({ frames, skipped, lost, missing, disordered, runs }, { frames: 5, skipped: 2, lost: 6, missing: 0, disordered: 0, runs: 2 });
});

test("a missing number, one that stands again and one of an older epoch are told with their lines", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  writeFileSync(path, [line(0), line(3, 2), line(3, 2), line(4, 1)].join(""));
  const { report, told } = await verified(path);
  assert.deepEqual(told, ["2: 2 frames are missing between 0 and 3", "3: frame 3 of epoch 2 stands behind frame 3 of epoch 2", "4: frame 4 of epoch 1 stands behind frame 3 of epoch 2"]);
  assert.equal(report.isWhole, false);
});

test("repairing leaves the whole lines byte by byte, also of packed files, and keeps the file as it was", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const odd = line(1).replace('"epoch":1', '"epoch": 1');
  const damaged = `${line(0)}${"\0".repeat(100)}\nnot ours\n${odd}${line(2).slice(0, 40)}`;
  writeFileSync(path, damaged);
  const packed = gzipSync(`${line(5)}torn\n${line(6)}`);
  writeFileSync(folder.file("a.2026-11-20T10.jsonl.gz"), packed);
  const before = await verified(path);
  assert.equal(before.report.isWhole, false);
  const { report } = await verified(path, true);
  assert.deepEqual(report.files.map(({ repair }) => repair), [{ kept: `${folder.file("a.2026-11-20T10.jsonl.gz")}.damaged` }, { kept: `${path}.damaged` }]);
  assert.equal(readFileSync(path, "utf8"), line(0) + odd);
  assert.equal(readFileSync(`${path}.damaged`, "utf8"), damaged);
  assert.equal(gunzipSync(readFileSync(folder.file("a.2026-11-20T10.jsonl.gz"))).toString(), line(5) + line(6));
  assert.deepEqual(readFileSync(`${folder.file("a.2026-11-20T10.jsonl.gz")}.damaged`), packed);
  assert.deepEqual(readdirSync(folder.path).sort(), ["a.2026-11-20T10.jsonl.gz", "a.2026-11-20T10.jsonl.gz.damaged", "a.jsonl", "a.jsonl.damaged"]);
  assert.deepEqual((await readLog(path)).troubles, []);
});

test("a file of another program, and one that is being written, are left as they are", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(folder.file("b.jsonl"), "a,b\n");
  const foreign = await verified(folder.file("b.jsonl"), true);
  assert.match(JSON.stringify(foreign.report.files[0]?.repair), /none of its lines is a record/);
  assert.equal(readFileSync(folder.file("b.jsonl"), "utf8"), "a,b\n");
  const path = folder.file("a.jsonl");
  writeFileSync(path, `${line(0)}not ours\n`);
  await using _log = await openLog({ path }, { clock: systemClock });
  const { report } = await verified(path, true);
  assert.match(JSON.stringify(report.files[0]?.repair), new RegExp(`is written by process ${process.pid}`));
});
