import assert from "node:assert/strict";
import { test } from "node:test";
import { logFiles, readRecords } from "../../src/log/index.js";
import { project } from "../support/paths.js";

// Written down by hand once, and kept for good: logs of version 1 stay readable. Never change the file.
test("a log of version 1 is read to its last record, without a word of trouble", async () => {
  const troubles: unknown[] = [];
  const kinds: string[] = [];
  const files = await logFiles([project("test", "log", "fixtures", "version-1.jsonl")]);
  for await (const { record } of readRecords(files, { onTrouble: (trouble) => troubles.push(trouble) })) kinds.push(record.type);
  assert.deepEqual(troubles, []);
  assert.deepEqual(kinds, ["state", "frame", "frame", "frame", "state", "frame", "frame", "gap", "event", "frame", "frame", "stats", "log"]);
});
