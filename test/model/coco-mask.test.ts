import assert from "node:assert/strict";
import { test } from "node:test";
import { areaOf, maskIou, maskOf } from "./coco-mask.js";

/* The judge's own reader of run lengths, against strings that pycocotools 2.0.11 wrote. */

test("run lengths are read as pycocotools wrote them", () => {
  const noise = "010010010011011000111110110110001101101100000001001101";
  assert.equal(maskOf("11200001O023NM0020N0006OK1OO", 9, 6).join(""), noise);
  const rectangle = maskOf(`XP1P1P1${"0".repeat(61)}ho4`, 128, 64);
  const expected = Uint8Array.from({ length: 128 * 64 }, (_, at) => Number(at >= 16 * 64 && at < 48 * 64 && at % 64 >= 8 && at % 64 < 40));
  assert.deepEqual(rectangle, expected);
  assert.deepEqual([areaOf(maskOf("S1", 7, 5)), areaOf(maskOf("0S1", 7, 5)), areaOf(rectangle)], [0, 35, 1024]);
});

test("runs that do not fill the picture, or leave it, are no mask", () => {
  assert.throws(() => maskOf("S1", 7, 6), /end at 35 of 42/);
  assert.throws(() => maskOf("0S1", 7, 4), /leave the picture/);
  assert.throws(() => maskOf("~", 7, 5), /no letter/);
});

test("intersection over union", () => {
  assert.equal(maskIou(Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 1, 1, 0)), 1 / 3);
  assert.equal(maskIou(new Uint8Array(4), new Uint8Array(4)), 1);
});
