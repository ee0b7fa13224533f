import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "../../src/gateway/index.js";
import { openLogbook } from "../../src/session/logbook.js";
import type { Notice } from "../../src/session/index.js";
import { recordSchema, type WireRecord } from "../../src/wire/index.js";
import { manualClock } from "../support/manual-clock.js";

test("what is told at the terminal is a log record too; what was told before there is a feed comes first", () => {
  const terminal: string[] = [];
  const feed: WireRecord[] = [];
  const logbook = openLogbook({ notice: ({ message }: Notice) => void terminal.push(message), clock: manualClock(1795168800123) });
  logbook.notice({ level: "info", message: "early" });
  logbook.opened({ publish: ({ record }) => void feed.push(record) } as Gateway);
  logbook.notice({ level: "warn", code: "E_SOURCE_STALLED", stream: "gate", labels: { site: "north" }, message: "no frame for 10 s" });
  assert.deepEqual(terminal, ["early", "no frame for 10 s"]);
  assert.deepEqual(feed, [
    { v: 1, type: "log", level: "info", message: "early", at: "2026-11-20T10:00:00.123Z" },
    { v: 1, type: "log", level: "warn", stream: "gate", code: "E_SOURCE_STALLED", message: "no frame for 10 s", at: "2026-11-20T10:00:00.123Z" },
  ]);
  for (const record of feed) assert.ok(recordSchema.safeParse(record).success);
});

test("where nothing is served, notices are only told", () => {
  const terminal: string[] = [];
  const logbook = openLogbook({ notice: ({ message }: Notice) => void terminal.push(message), clock: manualClock() });
  logbook.opened(null);
  logbook.notice({ level: "info", message: "late" });
  assert.deepEqual(terminal, ["late"]);
});
