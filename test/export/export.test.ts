import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DuckDBInstance } from "@duckdb/node-api";
import { exportLog, type ExportFormatName, type ExportOptions } from "../../src/export/index.js";
import { logFiles, type LogTrouble } from "../../src/log/index.js";
import { compressed } from "../core/coco-runs.js";
import { runCli } from "../support/cli.js";
import { frameLine, type LiteralObject } from "../support/frame-lines.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-export-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const CAR: LiteralObject = [2, "car", 0.91, [10, 20, 110.5, 70.3]];
const PERSON: LiteralObject = [0, "person", 0.4, [320, 90, 352, 180], { trackId: 7 }];
/** Two streams mixed, as one log for all has them: a frame without objects, one that failed, a torn end. */
const LINES = [
  frameLine(0, [CAR, PERSON]),
  frameLine(0, [[1, 'a "b", c', 0.5, [0, 0, 4, 2]]], { stream: "yard", widthPx: 64, heightPx: 48 }),
  frameLine(1),
  frameLine(2, [], { outcome: "failed", error: { code: "E_INFERENCE_FAILED", message: "x" } }),
  frameLine(3, [CAR]),
];
const LOG = join(folder, "detections.jsonl");
writeFileSync(LOG, `${LINES.join("\n")}\n{"v":1,"type":"fra`);

async function exported(format: ExportFormatName, more: Partial<ExportOptions> = {}, log = LOG) {
  const out = join(folder, `${format}-${readdirSync(folder).length}`);
  const troubles: LogTrouble[] = [];
  const options = { format, out, stream: null, sinceMs: null, untilMs: null, minScore: 0, classes: [], force: false, ...more };
  const counts = await exportLog(await logFiles([log]), options, { reading: { onTrouble: (trouble) => troubles.push(trouble) }, signal: new AbortController().signal });
  return { out: options.out, counts, troubles };
}

const read = (...parts: string[]): string => readFileSync(join(...parts), "utf8");

test("COCO: an image for each frame that was looked at, boxes as corner and size, ids from 1; a torn line is told with its place", async () => {
  const { out, counts, troubles } = await exported("coco");
  const { images, annotations, categories } = JSON.parse(read(out)) as Record<string, Record<string, unknown>[]>;
  // cocodataset.org, "data format": the keys and their meaning. 100.5 x 50.3 = 5055.15; 32 x 90 = 2880.
  assert.deepEqual(images!.map(({ id, width, height, file_name: name }) => [id, width, height, name]), [
    [1, 640, 360, "gate/000000000.jpg"], [2, 64, 48, "yard/000000000.jpg"], [3, 640, 360, "gate/000000001.jpg"], [4, 640, 360, "gate/000000003.jpg"],
  ]);
  assert.deepEqual(annotations![0], { id: 1, image_id: 1, category_id: 3, bbox: [10, 20, 100.5, 50.3], area: 5055.15, segmentation: [], iscrowd: 0, score: 0.91 });
  assert.deepEqual(annotations![1], { id: 2, image_id: 1, category_id: 1, bbox: [320, 90, 32, 90], area: 2880, segmentation: [], iscrowd: 0, score: 0.4, track_id: 7 });
  assert.deepEqual(annotations!.map(({ id, image_id: image }) => [id, image]), [[1, 1], [2, 1], [3, 2], [4, 4]]);
  assert.deepEqual(categories!.map(({ id, name }) => [id, name]), [[1, "person"], [2, 'a "b", c'], [3, "car"]]);
  assert.deepEqual({ ...counts }, { records: 5, frames: 4, objects: 4, streams: 2, notes: [] });
  assert.deepEqual(troubles.map(({ path, line }) => [path, line]), [[LOG, 6]]);
});

test("COCO and YOLO: masks, outlines, points and turned boxes, each in the format's own words", async () => {
  const log = join(folder, "shapes.jsonl");
  const square: LiteralObject[3] = [64, 36, 128, 72];
  // Half the picture's size, 320 x 180: columns 32 to 63, rows 18 to 35, by hand. In the picture 64 to 128 and 36 to 72.
  const runs = [32 * 180 + 18, ...Array.from({ length: 31 }, () => [18, 162]).flat(), 18, 256 * 180 + 144];
  const mask = { size: [180, 320] as [number, number], counts: compressed(runs) };
  writeFileSync(log, `${frameLine(0, [
    [0, "person", 0.9, square, { mask }],
    [0, "person", 0.8, square, { polygon: [[64, 36, 128, 36, 128, 72], [0, 0, 1, 0, 1, 1]] }],
    [0, "person", 0.7, square, { keypoints: [[64, 36, 0.9], [128, 72, 0.1]] }],
    [1, "dancer", 0.7, square, { keypoints: Array.from({ length: 17 }, () => [64, 36, 1]) }],
    [0, "person", 0.6, square, { corners: [[96, 36], [128, 54], [96, 72], [64, 54]] }],
    [0, "person", 0.5, [0, 0, 64, 36], { corners: [[32, -36], [96, 0], [32, 36], [-32, 0]] }],
  ])}\n`);
  const { annotations, categories } = JSON.parse(read((await exported("coco", {}, log)).out)) as Record<"annotations" | "categories", Record<string, unknown>[]>;
  assert.deepEqual(annotations.map(({ segmentation }) => segmentation), [mask, [[64, 36, 128, 36, 128, 72], [0, 0, 1, 0, 1, 1]], [], [], [[96, 36, 128, 54, 96, 72, 64, 54]], [[32, -36, 96, 0, 32, 36, -32, 0]]]);
  // The mask's own 32 x 18 pixels; half of 64 x 36 and half a pixel; 64 x 36; a rhombus of 64 x 36; one of 128 x 72.
  assert.deepEqual(annotations.map(({ area }) => area), [576, 1152.5, 2304, 2304, 1152, 4608]);
  assert.deepEqual(categories[0], { id: 1, name: "person", supercategory: "", keypoints: ["point_1", "point_2"], skeleton: [] });
  // COCO's own categories: 17 names and 19 bones, from 1: ankle to knee first.
  const { keypoints, skeleton } = categories[1] as { keypoints: string[]; skeleton: number[][] };
  assert.deepEqual([keypoints.length, keypoints[0], keypoints[16], skeleton[0], Math.min(...skeleton.flat()), Math.max(...skeleton.flat())], [17, "nose", "right_ankle", [16, 14], 1, 17]);
  assert.deepEqual([annotations[2]!["keypoints"], annotations[2]!["num_keypoints"]], [[64, 36, 2, 128, 72, 0], 1]);
  for (const format of ["csv", "mot", "webvtt", "parquet"] as const) {
    assert.deepEqual((await exported(format, {}, log)).counts.notes, [`6 objects of these have a mask, points or corners, which ${format} has no room for: their boxes alone were written; coco and yolo take all`]);
  }
  const { out, counts } = await exported("yolo", {}, log);
  assert.deepEqual(counts.notes, []);
  const [labels] = readdirSync(join(out, "labels", "gate"));
  const tenths = (...shares: number[]): string => shares.map((share) => (share / 10).toFixed(6)).join(" ");
  assert.deepEqual(read(out, "labels", "gate", labels!).trim().split("\n"), [
    // The mask's outline cuts its corners by half of its pixels, which are two of the picture's.
    `0 ${[64, 37, 65, 36, 127, 36, 128, 37, 128, 71, 127, 72, 65, 72, 64, 71].map((px, i) => (px / (i % 2 === 0 ? 640 : 360)).toFixed(6)).join(" ")}`,
    `0 ${tenths(1, 1, 2, 1, 2, 2)}`,
    `0 ${tenths(1.5, 1.5, 1, 1, 1, 1)} 2 ${tenths(2, 2, 0)}`,
    `1 ${tenths(1.5, 1.5, 1, 1)} ${Array.from({ length: 17 }, () => `${tenths(1, 1)} 2`).join(" ")}`,
    `0 ${tenths(1.5, 1, 2, 1.5, 1.5, 2, 1, 1.5)}`,
    // Corners outside the picture are brought to its edge.
    `0 ${tenths(0.5, 0, 1.5, 0, 0.5, 1, 0, 0)}`,
  ]);
  assert.match(read(out, "data.yaml"), /^kpt_shape: \[17, 3\]$/m);
});

test("Parquet: the rows of the CSV, each column of its type, as another connection to DuckDB reads them", async () => {
  const { out } = await exported("parquet");
  const database = await DuckDBInstance.create(":memory:");
  const connection = await database.connect();
  const rows = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson();
  assert.deepEqual((await rows(`SELECT column_type FROM (DESCRIBE SELECT frame, captured_at, label, score, track_id FROM read_parquet('${out}'))`)).flat(), ["BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "DOUBLE", "BIGINT"]);
  assert.deepEqual(await rows(`SELECT stream, frame, label, score, x2, track_id FROM read_parquet('${out}')`), [
    ["gate", "0", "car", 0.91, 110.5, null], ["gate", "0", "person", 0.4, 352, "7"], ["yard", "0", 'a "b", c', 0.5, 4, null], ["gate", "3", "car", 0.91, 110.5, null],
  ]);
  assert.deepEqual(readdirSync(folder).filter((name) => name.endsWith(".rows")), []);
  connection.closeSync();
  database.closeSync();
});

test("YOLO: a text for each frame, shares of the picture with six decimals, and the classes by their numbers", async () => {
  const { out } = await exported("yolo");
  // Centre (60.25, 45.15) and size 100.5 x 50.3 over 640 x 360; centre (336, 135) and size 32 x 90.
  assert.equal(read(out, "labels/gate/000000000.txt"), "2 0.094141 0.125417 0.157031 0.139722\n0 0.525000 0.375000 0.050000 0.250000\n");
  assert.equal(read(out, "labels/gate/000000001.txt"), "", "looked at, and nothing seen");
  assert.deepEqual(readdirSync(join(out, "labels/gate")), ["000000000.txt", "000000001.txt", "000000003.txt"]);
  assert.equal(read(out, "labels/yard/000000000.txt"), "1 0.031250 0.020833 0.062500 0.041667\n");
  assert.equal(read(out, "classes.txt"), 'person\na "b", c\ncar\n');
  assert.equal(read(out, "data.yaml"), 'path: .\ntrain: images\nval: images\nnames:\n  0: "person"\n  1: "a \\"b\\", c"\n  2: "car"\n');
});

test("YOLO: classes below one that was seen, which a log does not name, are told", async () => {
  const { out, counts } = await exported("yolo", { classes: ["car"] });
  assert.equal(read(out, "classes.txt"), "class_0\nclass_1\ncar\n");
  assert.deepEqual(counts.notes, ["data.yaml names the classes that were seen; of 2 before them nothing is known but the number, so they are called class_N"]);
});

test("CSV: RFC 4180, a row for each object", async () => {
  const { out } = await exported("csv");
  assert.equal(
    read(out),
    [
      "stream,run,epoch,frame,pts_ms,captured_at,width_px,height_px,class_id,label,score,x1,y1,x2,y2,track_id",
      "gate,1,1,0,0,2026-11-20T10:00:00.000Z,640,360,2,car,0.91,10,20,110.5,70.3,",
      "gate,1,1,0,0,2026-11-20T10:00:00.000Z,640,360,0,person,0.4,320,90,352,180,7",
      'yard,1,1,0,0,2026-11-20T10:00:00.000Z,64,48,1,"a ""b"", c",0.5,0,0,4,2,',
      "gate,1,1,3,120,2026-11-20T10:00:00.120Z,640,360,2,car,0.91,10,20,110.5,70.3,",
      "",
    ].join("\r\n"),
  );
});

test("MOT: frames and pixels from 1, a file for each stream, -1 where there is no track", async () => {
  const { out } = await exported("mot");
  assert.deepEqual(readdirSync(out).sort(), ["gate.txt", "yard.txt"]);
  assert.equal(read(out, "gate.txt"), "1,-1,11,21,100.5,50.3,0.91,-1,-1,-1\n1,7,321,91,32,90,0.4,-1,-1,-1\n4,-1,11,21,100.5,50.3,0.91,-1,-1,-1\n");
  assert.equal(read(out, "yard.txt"), "1,-1,1,1,4,2,0.5,-1,-1,-1\n");
});

test("WebVTT: cues of the media's own times, one for frames whose objects are the same, none where nothing is seen", async () => {
  const log = join(folder, "cues.jsonl");
  const arrow: LiteralObject = [5, "-->", 0.5, [0, 0, 1, 1]];
  // Frames 0 to 2 the same, 3 empty, 4 another; 3723 s later one more, then a connection whose times begin anew after 10 s.
  const later = { ptsMs: 3_723_004, capturedAt: "2026-11-20T11:02:03.004Z" };
  const again = { ptsMs: 0, epoch: 2, capturedAt: "2026-11-20T11:02:13.004Z" };
  writeFileSync(log, [frameLine(0, [CAR]), frameLine(1, [CAR]), frameLine(2, [CAR]), frameLine(3), frameLine(4, [arrow]), frameLine(5), frameLine(6, [CAR], later), frameLine(7, [arrow], again)].map((line) => `${line}\n`).join(""));
  const { out } = await exported("webvtt", {}, log);
  const car = '{"widthPx":640,"heightPx":360,"objects":[{"label":"car","classId":2,"score":0.91,"box":[10,20,110.5,70.3]}]}';
  const other = '{"widthPx":640,"heightPx":360,"objects":[{"label":"--\\u003e","classId":5,"score":0.5,"box":[0,0,1,1]}]}';
  const cues = [
    `00:00:00.000 --> 00:00:00.120\n${car}`, `00:00:00.160 --> 00:00:00.200\n${other}`,
    `01:02:03.004 --> 01:02:13.004\n${car}`, `01:02:13.004 --> 01:02:23.004\n${other}`,
  ];
  assert.equal(read(out, "gate.vtt"), `WEBVTT\n\n${cues.map((cue) => `${cue}\n\n`).join("")}`);
});

test("still frames: formats that tell what is there carry on what was seen last, formats of what was looked at leave them out", async () => {
  const log = join(folder, "still.jsonl");
  const still = (frame: number, since: number, more = {}): string => frameLine(frame, [], { outcome: "still", unchangedSince: since, ...more });
  // A car that stays, a look that finds nothing; after a reconnection the frame that is meant has not come by.
  writeFileSync(log, [frameLine(0, [CAR]), still(1, 0), still(2, 0), frameLine(3), still(4, 3), still(5, 3, { epoch: 2 })].map((line) => `${line}\n`).join(""));
  assert.equal(read((await exported("mot", {}, log)).out, "gate.txt"), [1, 2, 3].map((frame) => `${frame},-1,11,21,100.5,50.3,0.91,-1,-1,-1\n`).join(""));
  assert.match(read((await exported("webvtt", {}, log)).out, "gate.vtt"), /^WEBVTT\n\n00:00:00.000 --> 00:00:00.120\n.*"car".*\n\n$/);
  assert.equal(read((await exported("csv", {}, log)).out).trim().split("\r\n").length, 2);
  const { images, annotations } = JSON.parse(read((await exported("coco", {}, log)).out)) as Record<"images" | "annotations", unknown[]>;
  assert.deepEqual([images.length, annotations.length], [2, 1]);
  assert.deepEqual(readdirSync(join((await exported("yolo", {}, log)).out, "labels", "gate")).sort(), ["000000000.txt", "000000003.txt"]);
});

test("still frames that the log has left out are told by formats that would carry them on", async () => {
  const log = join(folder, "thinned.jsonl");
  writeFileSync(log, `${frameLine(0, [CAR])}\n${frameLine(9, [], { outcome: "still", unchangedSince: 0, stillBefore: 8 })}\n`);
  assert.deepEqual((await exported("mot", {}, log)).counts.notes, ["8 still frames of these were left out of the log (log.emptyFrames), so nothing is written of what was there in them"]);
  assert.deepEqual((await exported("csv", {}, log)).counts.notes, []);
});

test("what is wanted: stream, time, score, classes by name or number", async () => {
  assert.deepEqual({ ...(await exported("csv", { stream: "yard" })).counts }, { records: 5, frames: 1, objects: 1, streams: 1, notes: [] });
  assert.equal((await exported("csv", { minScore: 0.5 })).counts.objects, 3);
  assert.equal((await exported("csv", { classes: ["person", "1"] })).counts.objects, 2);
  const [sinceMs, untilMs] = [Date.parse("2026-11-20T10:00:00.040Z"), Date.parse("2026-11-20T10:00:00.120Z")];
  assert.equal((await exported("csv", { sinceMs })).counts.frames, 2);
  assert.equal((await exported("csv", { untilMs })).counts.frames, 3);
});

test("a second run in the same log has files of its own, and a name with a slash stays in the folder", async () => {
  const log = join(folder, "twice.jsonl");
  writeFileSync(log, [frameLine(0, [CAR]), frameLine(1, [CAR]), frameLine(0, [PERSON]), frameLine(0, [CAR], { stream: "../up" })].map((line) => `${line}\n`).join(""));
  const { out } = await exported("mot", {}, log);
  assert.deepEqual(readdirSync(out).sort(), ["..%2Fup.txt", "gate.txt", "gate@2.txt"]);
  assert.equal(read(out, "gate@2.txt"), "1,7,321,91,32,90,0.4,-1,-1,-1\n");
});

test("one table can't name the classes of two models", async () => {
  const log = join(folder, "models.jsonl");
  writeFileSync(log, `${frameLine(0, [CAR])}\n${frameLine(0, [[2, "dog", 0.9, [0, 0, 1, 1]]], { stream: "yard" })}\n`);
  await assert.rejects(exported("coco", {}, log), { code: "E_EXPORT", message: /class 2 is "car" in stream gate and "dog" in stream yard/ });
  assert.equal((await exported("csv", {}, log)).counts.objects, 2);
});

test("what can't be done is refused at the door, and what is there stays as it is", async () => {
  const out = join(folder, "there.csv");
  writeFileSync(out, "mine");
  await assert.rejects(exported("csv", { out }), { code: "E_OUT_EXISTS" });
  assert.equal(read(out), "mine");
  await assert.rejects(exported("csv", { stream: "gat" }), { code: "E_LOG_STREAM", message: /"gat" is there; the log has gate, yard$/ });
  await assert.rejects(exported("csv", { minScore: 1, sinceMs: Date.UTC(2027, 0) }), { code: "E_LOG_NOTHING", message: /5 records were read/ });
  await assert.rejects(exported("csv", { out: join(folder, "no", "such.csv") }), { code: "E_OUT_FOLDER" });
  await exported("csv", { out, force: true });
  assert.match(read(out), /^stream,/);
  const home = join(folder, "home");
  mkdirSync(home);
  writeFileSync(join(home, "letter.odt"), "dear");
  await assert.rejects(exported("mot", { out: home, force: true }), { code: "E_OUT_EXISTS", message: /letter\.odt/ });
  assert.deepEqual(readdirSync(home), ["letter.odt"]);
  assert.deepEqual(readdirSync(folder).filter((name) => name.includes(".part")), [], "nothing half done is left");
});

test("the command: what was written comes last, a foreign file and a torn line cost a warning, --json is for scripts", async () => {
  const foreign = join(folder, "other.jsonl");
  writeFileSync(foreign, "hello\nworld\n");
  const out = join(folder, "cli.csv");
  const { code, stdout, stderr } = await runCli(["export", LOG, foreign, "--format", "csv", "--out", out, "--min-score", "0.9"]);
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.match(stderr, /detections\.jsonl:6: torn: it has no end\n/);
  assert.match(stderr, /other\.jsonl:1: no JSON\n/);
  assert.match(stderr, /\n\S+cli\.csv: 2 objects of 4 frames, 2 streams, as csv\n$/);
  const json = await runCli(["export", LOG, "--format", "csv", "--out", out, "--force", "--json"]);
  assert.deepEqual(JSON.parse(json.stdout), { v: 1, ok: true, format: "csv", out, records: 5, frames: 4, objects: 4, streams: 2, notes: [], troubles: 1 });
  const unknown = await runCli(["export", LOG, "--format", "xml", "--out", out]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /E_USAGE {2}--format is "xml"; allowed: coco, yolo, csv, parquet, mot, webvtt/);
});
