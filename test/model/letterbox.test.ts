import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { letterboxFor, type LetterboxRule } from "../../src/model/index.js";
import { toSource } from "../../src/model/letterbox.js";

const centred: LetterboxRule = { placement: "centre", rounding: "half-even", padValue: 114 };
const corner: LetterboxRule = { placement: "top-left", rounding: "truncate", padValue: 114 };

/** left, top, content width, content height. */
function placeOf(rule: LetterboxRule, input: [number, number], source: [number, number]): number[] {
  const box = letterboxFor(rule, ...input, ...source);
  return [box.leftPx, box.topPx, box.contentWidthPx, box.contentHeightPx];
}

test("the content's size and place are those of the reference for known pictures", () => {
  // Computed in Python by Ultralytics' arithmetic: round(w * r), left = round((W - w') / 2 - 0.1).
  assert.deepEqual(placeOf(centred, [640, 640], [1080, 810]), [0, 80, 640, 480]);
  assert.deepEqual(placeOf(centred, [640, 640], [768, 432]), [0, 140, 640, 360]);
  assert.deepEqual(placeOf(centred, [384, 224], [640, 360]), [0, 4, 384, 216]);
  // Python: int(432 * min(416/432, 416/768)) = 233, int(360 * (416/640)) = 234.
  assert.deepEqual(placeOf(corner, [416, 416], [768, 432]), [0, 0, 416, 233]);
  assert.deepEqual(placeOf(corner, [416, 416], [640, 360]), [0, 0, 416, 234]);
});

test("halves go to the even side, and an odd pixel of padding to the right and below", () => {
  // 32 / 64 = 0.5: 5 * 0.5 = 2.5 -> 2 and 7 * 0.5 = 3.5 -> 4.
  assert.deepEqual(placeOf(centred, [32, 32], [64, 5]), [0, 15, 32, 2]);
  assert.deepEqual(placeOf(centred, [32, 32], [64, 7]), [0, 14, 32, 4]);
  // 9 * 0.5 = 4.5 -> 4; 6 * 0.5 = 3: 29 px to share, 14 above and 15 below.
  assert.deepEqual(placeOf(centred, [32, 32], [6, 64]), [14, 0, 3, 32]);
});

test("a picture of one pixel, a line and a small one are scaled up", () => {
  assert.deepEqual(placeOf(centred, [64, 64], [1, 1]), [0, 0, 64, 64]);
  assert.deepEqual(placeOf(centred, [64, 32], [1, 1]), [16, 0, 32, 32]);
  assert.deepEqual(placeOf(corner, [416, 416], [4000, 1]), [0, 0, 416, 1]);
  assert.deepEqual(placeOf(centred, [640, 640], [7680, 1]), [0, 319, 640, 1]);
});

test("a box goes back by the scale and padding it came with", () => {
  const box = Float32Array.of(0, 140, 640, 500, 320, 320, 330, 325);
  toSource(box, 2, letterboxFor(centred, 640, 640, 768, 432));
  const expected = [0, 0, 768, 432, 384, 216, 396, 222];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(box[i]! - value) < 1e-3, `${box[i]} is not ${value}`);
});

test("for any sizes the content touches two sides, lies inside, and its corners go back to the picture's", () => {
  const side = fc.integer({ min: 1, max: 8000 });
  const input = fc.integer({ min: 1, max: 40 }).map((cells) => cells * 32);
  const property = fc.property(fc.constantFrom(centred, corner), input, input, side, side, (rule, W, H, w, h) => {
    const box = letterboxFor(rule, W, H, w, h);
    assert.ok(box.contentWidthPx >= 1 && box.leftPx >= 0 && box.leftPx + box.contentWidthPx <= W);
    assert.ok(box.contentHeightPx >= 1 && box.topPx >= 0 && box.topPx + box.contentHeightPx <= H);
    assert.ok(W - box.contentWidthPx <= 1 || H - box.contentHeightPx <= 1);
    const corners = Float32Array.of(box.leftPx, box.topPx, box.leftPx + w * box.scaleX, box.topPx + h * box.scaleY);
    toSource(corners, 1, box);
    const off = [corners[0]!, corners[1]!, corners[2]! - w, corners[3]! - h].map(Math.abs);
    assert.ok(Math.max(...off) <= 1e-3 + 1e-6 * Math.max(w, h) + 2e-4 / Math.min(box.scaleX, box.scaleY), `off by ${off.join(", ")}`);
  });
  fc.assert(property, { seed: 3, numRuns: 500 });
});
