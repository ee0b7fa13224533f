import assert from "node:assert/strict";
import { test } from "node:test";
import { framesWrong, lagOf, objectsApart, objectsWrong, timed } from "./figures.js";
import { barsOf, readmeBlock, reportText, withBlock, type PeersReport, type Row } from "./report.js";
import { SYSTEMS } from "./systems.js";

const one = (value: number) => ({ median: value, min: value, max: value });

function row(id: string, fps: number, firstMs: number, peakMb: number): Row {
  const { name, setting, runtime, besides } = SYSTEMS.find((system) => system.id === id)!;
  // Ours: 20 fps, 1 s, 400 MB.
  const ratios = { fps: one(20 / fps), firstMs: one(firstMs / 1000), peakMb: one(peakMb / 400) };
  return { id, name, setting, runtime, besides, versions: {}, timed: { fps: one(fps), firstMs: one(firstMs), peakMb: one(peakMb), frames: 120 }, ratios, lag: null, check: null, why: null };
}

const ROWS: readonly Row[] = [
  { ...row("sightline", 20, 1000, 400), lag: { lagMs: 120, seenFps: 20.2, afterSeconds: 8 }, check: { frames: 250, objects: 4100, apart: 0 } },
  row("ultralytics", 14, 5200, 900),
  row("ultralytics-guide", 12.5, 6000, 790),
  row("ultralytics-by-hand", 22, 4900, 1000),
  row("ultralytics-openvino", 18, 5000, 1000),
  { ...row("roboflow", 8, 9000, 1200), timed: null, ratios: null, why: "check: it gave no results" },
];

const report = (rows: readonly Row[]): PeersReport => ({
  machine: "AMD EPYC, 2 usable cores", date: "2026-11-30", load: { before: 0.1, after: 2 }, versions: { sightline: "0.1.0", ultralytics: "8.4.190" },
  command: "npm run bench:peers", model: "yolo11n.onnx", source: "car.mp4", frames: 120, rounds: 3, rows, bars: barsOf(rows),
});

test("speed is that of the steady state, and the first result is told apart", () => {
  const seen = [2000, 2100, 2200, 2300].map((atMs, frame) => ({ atMs, stream: 0, frame, objects: 0, number: null }));
  assert.deepEqual(timed({ startedAtMs: 500, seen, peakMb: 7, versions: {}, ended: false }), { fps: 10, firstMs: 1500, peakMb: 7, frames: 4 });
});

test("of several streams what is steady begins when each has given a result", () => {
  const seen = [[1000, 0], [1100, 0], [1200, 0], [3000, 1], [3100, 0], [3200, 1]].map(([atMs, stream]) => ({ atMs: atMs!, stream: stream!, frame: 0, objects: 0, number: null }));
  assert.deepEqual(timed({ startedAtMs: 500, seen, peakMb: 7, versions: {}, ended: false }), { fps: 10, firstMs: 500, peakMb: 7, frames: 6 });
});

test("a run that finds nothing, or something else, is told", () => {
  assert.deepEqual([objectsWrong(3876, 0.19), objectsWrong(0, 0), objectsWrong(100, 2), objectsWrong(100, Infinity)], [null, "it found nothing", "its objects are 2.00 a frame from sightline's", "its objects are Infinity a frame from sightline's"]);
});

test("lag is against the time that the very frame was due, whether its picture or its place tells the number", () => {
  // Of a stream of 30 fps that began at 1000, frames 30 and 60 are due at 2000 and 3000.
  const at = (atMs: number, frame: number, number: number | null) => ({ atMs, stream: 0, frame, objects: 0, number });
  assert.deepEqual(lagOf({ seen: [at(2250, 0, 30), at(3250, 1, 60)] }, 1000), { lagMs: 250, seenFps: 1, afterSeconds: 1 });
  assert.deepEqual(lagOf({ seen: [at(2100, 30, null), at(3500, 60, null)] }, 1000).lagMs, 500);
});

test("frames that are missing, double or too few are told", () => {
  const frames = (...of: [stream: number, frame: number][]) => of.map(([stream, frame]) => ({ atMs: 0, stream, frame, objects: 0, number: null }));
  assert.equal(framesWrong(frames([0, 0], [1, 0], [0, 1]), 3), null);
  assert.equal(framesWrong(frames([0, 0], [0, 2]), 2), "frame 2 of stream 0 came where 1 was due");
  assert.equal(framesWrong(frames([0, 0], [0, 1]), 3), "2 frames came, 3 were due");
});

test("objects are compared frame by frame, so that too many here do not make up for too few there", () => {
  const counts = (...objects: number[]) => objects.map((count, frame) => ({ atMs: 0, stream: 0, frame, objects: count, number: null }));
  assert.equal(objectsApart(counts(3, 5), counts(5, 3)), 2);
});

test("the promises are judged by the medians, memory and first result against the setting that is best in it", () => {
  assert.deepEqual(barsOf(ROWS).map(({ got, met }) => [Number(got?.toFixed(3)), met]), [[1.429, true], [1.6, false], [0.909, true], [1.975, false], [4.9, false]]);
  assert.deepEqual(barsOf(ROWS.slice(0, 1)).map(({ got, met }) => [got, met]), Array.from({ length: 5 }, () => [null, false]));
});

test("the table has a row a setting, OpenVINO in a column of its own, and what falls short in words", () => {
  const lines = reportText(report(ROWS)).split("\n");
  const cells = lines.filter((line) => line.startsWith("| ")).map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1));
  assert.equal(cells.length, 1 + 5);
  assert.deepEqual(cells[1]!.slice(2), ["20.0 [20.0 .. 20.0]", "–", "400 MB", "1.0 s", "0.12 s, sees 20", "–"]);
  assert.deepEqual(cells[2]!.slice(2), ["14.0 [14.0 .. 14.0]", "1.43 [1.43 .. 1.43] x", "900 MB", "5.2 s", "–", "18.0 [18.0 .. 18.0] (1000 MB)"]);
  assert.deepEqual(cells[5]!.slice(2), ["–", "–", "–", "–", "–", "–"]);
  assert.ok(lines.includes("roboflow was not measured whole: check: it gave no results"));
  assert.ok(lines.includes("NOT MET: fps, times its guide's two threads: 1.60, at least 1.7 promised"));
  assert.ok(lines.includes("met: fps, times Ultralytics' default: 1.43, at least 1.3 promised"));
});

test("the README gets the block between its marks, as often as it is asked for, and nothing else changes", () => {
  const readme = "# A\n<!-- peers:begin -->\nold\n<!-- peers:end -->\nend\n";
  const block = readmeBlock(report(ROWS));
  const once = withBlock(readme, block);
  assert.equal(once, `# A\n<!-- peers:begin -->\n${block}\n<!-- peers:end -->\nend\n`);
  assert.equal(withBlock(once, block), once);
  assert.throws(() => withBlock("# A\n", block), /no <!-- peers:begin -->/);
});

test("every system of the table that stands beside another one's row has such a row", () => {
  const ids = SYSTEMS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { besides } of SYSTEMS) assert.ok(besides === null || ids.includes(besides), String(besides));
});
