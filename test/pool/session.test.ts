import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { numberedModel } from "../../src/numbered/index.js";
import { loadModelInfo, openRuntimeSession } from "../../src/pool/index.js";
import type { ModelOutput } from "../../src/model/index.js";
import { temporaryFolder } from "../support/pool.js";

const folder = temporaryFolder();

test("an output's memory is given back as soon as its reader returns, also when the reader throws", async () => {
  const path = join(folder, "numbered.onnx");
  writeFileSync(path, numberedModel());
  const { info } = await loadModelInfo(path, { labels: null });
  await using session = await openRuntimeSession({ ...info, intraOpThreads: 1 });
  const kept: ModelOutput[] = [];
  const sizes = await session.run((outputs) => {
    kept.push(...outputs);
    return outputs.map(({ data }) => data.length);
  });
  assert.ok(sizes.length > 0 && sizes.every((size) => size > 0), `${sizes.join(" ")}`);
  const failing = session.run((outputs) => {
    kept.push(...outputs);
    throw new Error("unreadable");
  });
  await assert.rejects(failing, /unreadable/);
  assert.equal(kept.length, 2 * sizes.length);
  for (const { data } of kept) assert.equal(data.buffer.byteLength, 0);
});
