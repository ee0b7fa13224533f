import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { letterboxFor, makeDecoder, rowsOf } from "../../src/model/index.js";
import { drawNumber, NUMBERED_RANGE, NUMBERED_SIZE_PX, numberedModel, numberOf } from "../../src/numbered/index.js";
import { loadModelInfo, openRuntimeSession } from "../../src/pool/index.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-numbered-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const AREA = NUMBERED_SIZE_PX ** 2;

/** The level of each 8x8 block of a plane, which must be of one level throughout. */
function blocks(plane: Uint8Array): number[] {
  return Array.from({ length: 16 }, (_, bit) => {
    const [left, top] = [(bit % 4) * 8, Math.floor(bit / 4) * 8];
    const levels = new Set(
      Array.from({ length: 64 }, (_, i) => plane[(top + Math.floor(i / 8)) * NUMBERED_SIZE_PX + left + (i % 8)]!),
    );
    assert.equal(levels.size, 1);
    return [...levels][0]!;
  });
}

test("a number is drawn as white and black blocks, lowest bit first, on all three planes", () => {
  const planes = new Uint8Array(3 * AREA).fill(77);
  // 0b1000_0000_0000_0101
  drawNumber(planes, 32773);
  const expected = [255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255];
  for (const plane of [0, 1, 2]) assert.deepEqual(blocks(planes.subarray(plane * AREA, (plane + 1) * AREA)), expected);
  drawNumber(planes, NUMBERED_RANGE + 1);
  assert.deepEqual(blocks(planes.subarray(0, AREA)), [255, ...new Array<number>(15).fill(0)]);
});

test("the model reads back every number exactly, as one sure detection", async () => {
  const path = join(folder, "numbered.onnx");
  writeFileSync(path, numberedModel());
  const { info } = await loadModelInfo(path, { labels: null });
  await using session = await openRuntimeSession({ ...info, intraOpThreads: 1 });
  const decoder = makeDecoder(info, { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 300 });
  const box = letterboxFor(info.letterbox, info.inputWidthPx, info.inputHeightPx, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX);
  const planes = new Uint8Array(3 * AREA);
  const powers = Array.from({ length: 16 }, (_, bit) => 2 ** bit);
  const spread = Array.from({ length: 500 }, (_, i) => (i * 40503) % NUMBERED_RANGE);
  for (const number of [0, ...powers, ...powers.map((power) => NUMBERED_RANGE - power), 19_999, ...spread]) {
    drawNumber(planes, number);
    session.fill(planes, rowsOf(box));
    const found = await session.run((outputs) => decoder.decode(outputs, box));
    assert.deepEqual([...found.scores], [1]);
    assert.deepEqual([...found.boxes], [number / 2048, 0, 32, 32]);
    assert.equal(numberOf(found.boxes[0]!), number);
  }
});

test("the model's bytes are the same each time", () => {
  assert.deepEqual(numberedModel(), numberedModel());
});
