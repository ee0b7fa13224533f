import assert from "node:assert/strict";
import { test } from "node:test";
import type { Access } from "../../src/core/access.js";
import { isFiltering, LOG_SUBSCRIPTION, NO_FILTER, recordsSubscription, withClass } from "../../src/dashboard/filter.js";
import { fitTiles } from "../../src/dashboard/fit-tiles.js";
import { streamHealth, type StreamFacts } from "../../src/dashboard/health.js";
import { countWords, dropsOf, durationWords, inView, lostOf, shareWords } from "../../src/dashboard/words.js";
import { refusalOf } from "../../src/feed/requests.js";
import { requestSchema, stateRecord, statsRecord, type FrameRecord, type SubscribeInput } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, publishedFrame, stats } from "../wire/records.js";

const figures = statsRecord(stats, CAPTURED_AT_MS);
const facts: StreamFacts = { connected: true, stats: figures, change: undefined, lastFrameMs: 1000, delayMs: 60 };
const lost = stateRecord("gate", { state: "reconnecting", epoch: 1, reason: "E_SOURCE_STALLED", message: "silent for 8 s; next try in 4 s", attempt: 3, retryInMs: 4000 }, CAPTURED_AT_MS + 1);

test("a live stream that sends frames is well", () => {
  assert.deepEqual(streamHealth(facts, 1500), { tone: "good", word: "live", detail: "", code: "" });
});

test("a stream that waits says why, and counts down to its next try", () => {
  const health = (nowMs: number) => streamHealth({ ...facts, change: { record: lost, receivedMs: 2000 } }, nowMs);
  assert.deepEqual(health(2000), { tone: "bad", word: "reconnecting", detail: "silent for 8 s. Try 3 in 4 s", code: "E_SOURCE_STALLED" });
  assert.match(health(4500).detail, /Try 3 in 2 s$/);
  assert.match(health(6100).detail, /Try 3 is under way$/);
});

test("newer figures are believed more than an older state", () => {
  const later = statsRecord({ ...stats, state: "live" }, CAPTURED_AT_MS + 500);
  assert.equal(streamHealth({ ...facts, stats: later, change: { record: lost, receivedMs: 900 } }, 1500).word, "live");
});

test("a stream that claims to live and brings nothing is stale, a slow one not before five of its frames are missing", () => {
  assert.deepEqual([streamHealth(facts, 4001).word, streamHealth(facts, 4001).detail], ["stale", "No frame for 3.0 s"]);
  const slow = { ...facts, stats: statsRecord({ ...stats, fps: { in: 0.5, out: 0.5 } }, CAPTURED_AT_MS) };
  assert.deepEqual([streamHealth(slow, 10_900).word, streamHealth(slow, 11_100).word], ["live", "stale"]);
});

test("pictures that are late are behind, and without a connection nothing is known", () => {
  assert.deepEqual(streamHealth({ ...facts, delayMs: 2400 }, 1100), { tone: "warn", word: "behind", detail: "The picture is 2.4 s old", code: "" });
  assert.equal(streamHealth({ ...facts, connected: false }, 1100).word, "unknown");
});

test("durations, counts and shares are short and never say less than there is", () => {
  assert.deepEqual([0.4, 340, 2400, 9940, 33_600, 119_000, 300_000, 7_200_000].map(durationWords), ["0 ms", "340 ms", "2.4 s", "9.9 s", "34 s", "119 s", "5 min", "2 h"]);
  assert.deepEqual([7, 999, 1000, 1_234_567].map(countWords), ["7", "999", "1\u202f000", "1\u202f234\u202f567"]);
  assert.deepEqual([shareWords(0, 0), shareWords(1, 300), shareWords(50, 100)], ["0\u202f%", "0.3\u202f%", "50\u202f%"]);
});

test("drops are told by cause, most first, and what is in view by class", () => {
  assert.deepEqual(dropsOf(figures), [{ cause: "busy", frames: 7 }, { cause: "failed", frames: 1 }]);
  const thinned = { ...figures, skipped: { ...figures.skipped, max_fps: 900 } };
  assert.deepEqual([dropsOf(thinned)[0], lostOf(thinned)], [{ cause: "over the rate", frames: 900 }, 8]);
  const two = publishedFrame(1, {}, [0, 0, 10, 10, 5, 5, 9, 9]).record as FrameRecord;
  assert.deepEqual(inView({ ...two, objects: [{ ...two.objects[0]!, label: "bus", classId: 5 }, ...two.objects] }), [
    { label: "car", classId: 2, count: 2 },
    { label: "bus", classId: 5, count: 1 },
  ]);
  assert.deepEqual(inView(null), []);
});

test("every filter is a request that the server understands, and all classes on is no filter", () => {
  const known = ["bus", "car", "person"];
  const noCars = withClass(NO_FILTER, "car", false, known);
  assert.deepEqual(noCars, { classes: ["bus", "person"], minScore: 0 });
  assert.deepEqual(withClass(noCars, "car", true, known), NO_FILTER);
  assert.deepEqual([isFiltering(NO_FILTER), isFiltering(noCars), isFiltering({ classes: null, minScore: 0.1 })], [false, true, true]);
  for (const filter of [NO_FILTER, noCars, { classes: [], minScore: 0.95 }]) {
    const request = requestSchema.parse({ type: "subscribe", ...recordsSubscription(filter) });
    assert.ok(request.type === "subscribe");
    assert.deepEqual([request.classes ?? null, request.minScore, request.empty], [filter.classes, filter.minScore, true]);
  }
});

test("all tiles are seen at once while they can be read, and are as large as that allows", () => {
  const desk = { width: 1400, height: 800 };
  const columns = [1, 2, 3, 4, 6, 9].map((tiles) => fitTiles(tiles, desk, false).columns);
  assert.deepEqual(columns, [1, 2, 2, 2, 3, 3]);
  for (const tiles of [1, 2, 3, 4, 5, 6]) {
    const { columns: across, tileWidthPx } = fitTiles(tiles, desk, false);
    const rows = Math.ceil(tiles / across);
    assert.ok(across * tileWidthPx + (across - 1) * 16 <= desk.width && rows * ((tileWidthPx * 9) / 16 + 70) + (rows - 1) * 16 <= desk.height + 1, `${tiles} tiles`);
  }
  assert.equal(fitTiles(16, desk, false).columns, 4, "sixteen small ones scroll");
  assert.deepEqual(fitTiles(3, { width: 366, height: 600 }, true), { columns: 1, tileWidthPx: 366 });
});

test("a viewer of one stream may have all that the page needs to show it, and only the log is refused", () => {
  const viewer: Access = { role: "viewer", streams: ["gate"] };
  const refused = (input: SubscribeInput): string | undefined => {
    const request = requestSchema.parse({ type: "subscribe", ...input });
    assert.equal(request.type, "subscribe");
    return request.type === "subscribe" ? refusalOf(request, viewer, () => true)?.code : undefined;
  };
  assert.equal(refused(recordsSubscription(NO_FILTER)), undefined);
  assert.equal(refused(LOG_SUBSCRIPTION), "E_FORBIDDEN");
});
