import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf } from "../../src/core/class-colours.js";
import { packRuns } from "../../src/core/mask.js";
import { yuvOf } from "../../src/picture/index.js";
import { artist } from "../../src/render/draw.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { frameLine, type LiteralObject } from "../support/frame-lines.js";

const SIZE = { widthPx: 64, heightPx: 48 } as const;
const COLOURS = { range: "full", matrix: "bt601" } as const;
const CLASS = 2;

/** Brightness of a black picture after some objects were drawn on it. */
async function drawn(objects: readonly LiteralObject[], labels = false): Promise<(x: number, y: number) => number> {
  const { widthPx, heightPx } = SIZE;
  const pixels = new Uint8Array(widthPx * heightPx * 1.5);
  pixels.fill(128, widthPx * heightPx);
  const record = JSON.parse(frameLine(0, objects, SIZE)) as FrameRecord;
  await artist({ ...SIZE, colours: COLOURS }, { labels, minScore: 0 }).draw({ pixels, ...SIZE }, record);
  return (x, y) => pixels[y * widthPx + x]!;
}

const [LUMA] = yuvOf(colourOf(CLASS), COLOURS);

test("a mask is a tint of its pixels and no others, also of another size than the picture", async () => {
  // 32 x 24: columns 8 to 15, rows 6 to 11; each is two by two of the picture's.
  const runs = Uint32Array.of(8 * 24 + 6, ...Array.from({ length: 7 }, () => [6, 18]).flat(), 6, 16 * 24 + 12);
  const at = await drawn([[CLASS, "car", 0.9, [0, 0, 2, 2], { mask: { size: [24, 32], counts: packRuns(runs, runs.length) } }]]);
  const tint = Math.trunc((LUMA * 110) / 256);
  assert.deepEqual([at(16, 12), at(31, 23), at(24, 16)], [tint, tint, tint]);
  assert.deepEqual([at(15, 16), at(32, 16), at(20, 11), at(20, 24)], [0, 0, 0, 0]);
});

test("an outline without a mask is a line", async () => {
  const at = await drawn([[CLASS, "car", 0.9, [0, 0, 2, 2], { polygon: [[20, 10, 50, 10, 50, 40, 20, 40]] }]]);
  assert.deepEqual([at(34, 10), at(50, 24), at(34, 40)].map((light) => light === LUMA), [true, true, true]);
  assert.equal(at(34, 24), 0);
});

test("of a pose the points that are sure are drawn, and bones between those of a body", async () => {
  const five = [[10, 10, 0.9], [40, 10, 0.1], [30, 30, 0.9]];
  const at = await drawn([[CLASS, "person", 0.9, [0, 0, 2, 2], { keypoints: five }]]);
  assert.deepEqual([at(10, 10), at(40, 10), at(30, 30), at(20, 20)], [LUMA, 0, LUMA, 0]);
  const body = Array.from({ length: 17 }, (_, i) => (i === 5 ? [10, 24, 1] : i === 7 ? [40, 24, 1] : [0, 0, 0]));
  assert.equal((await drawn([[CLASS, "person", 0.9, [0, 0, 2, 2], { keypoints: body }]]))(24, 24), LUMA);
});

test("what a classifier says stands in the corner, without a frame around the picture", async () => {
  const classes = [{ classId: CLASS, label: "car", score: 0.9 }, { classId: 1, label: "bus", score: 0.1 }];
  const without = await drawn([[CLASS, "car", 0.9, [0, 0, 64, 48], { classes }]]);
  assert.equal(without(63, 47), 0);
  const at = await drawn([[CLASS, "car", 0.9, [0, 0, 64, 48], { classes }]], true);
  const [second] = yuvOf(colourOf(1), COLOURS);
  assert.equal(at(1, 1), LUMA);
  assert.ok(Array.from({ length: 40 }, (_, y) => at(1, y)).includes(second), "the second class stands below the first");
});
