import assert from "node:assert/strict";
import { test } from "node:test";
import { gapTally, frameRecord, statsRecord, toLine } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, context, detected, header, stats } from "./records.js";

test("a stream's figures become exactly this line", () => {
  assert.equal(
    toLine(statsRecord(stats, CAPTURED_AT_MS)),
    '{"v":1,"type":"stats","stream":"gate","epoch":1,"state":"live","decoded":60,' +
      '"outcomes":{"detected":50,"failed":1,"late":0,"aborted":0,"still":0},' +
      '"skipped":{"no_slot":0,"busy":7,"too_old":0,"max_fps":0,"stopped":0},"inHouse":2,"inHouseLimit":4,' +
      '"fps":{"in":25,"out":24.6},"latencyMs":{"p50":46.12,"p95":61,"p99":80},"stagesMs":{"infer":17.9},' +
      '"objects":{"car":120},"expectedFrames":null,"firstRecordMs":412.35,"elapsedMs":2400,"error":null,' +
      '"at":"2026-11-20T10:00:00.123Z"}',
  );
});

test("a gap names the first and the last frame lost, counts the records between, and is told once", () => {
  const tally = gapTally("sink_slow");
  for (const frame of [900, 903, 917]) tally.lose(frameRecord(detected(header(frame, { epoch: 3 })), context));
  tally.lose(frameRecord(detected(header(4, { stream: "yard" })), context));
  assert.deepEqual(tally.streams(), ["gate", "yard"]);
  assert.deepEqual(tally.take("gate", CAPTURED_AT_MS), {
    v: 1,
    type: "gap",
    stream: "gate",
    epoch: 3,
    fromFrame: 900,
    toFrame: 917,
    records: 3,
    cause: "sink_slow",
    at: "2026-11-20T10:00:00.123Z",
  });
  assert.equal(tally.take("gate", CAPTURED_AT_MS), undefined);
  assert.deepEqual(tally.streams(), ["yard"]);
});
