import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eachPiece, unpackRuns, type Mask } from "../../src/core/mask.js";
import { compressed } from "./coco-runs.js";

const SEED = 20261121;

/** The mask's pixels, row by row. */
function pixelsOf(mask: Mask): number[][] {
  const rows = Array.from({ length: mask.size[0] }, () => new Array<number>(mask.size[1]).fill(0));
  eachPiece(mask, (x, top, bottom) => {
    for (let y = top; y < bottom; y += 1) rows[y]![x]! += 1;
  });
  return rows;
}

test("a mask by hand: columns are gone down one after another, the first run is outside", () => {
  // 6 outside, 1 inside, 40 outside, 4 inside, 5 outside: "6" "1" "X1" (40 = 8 + 32), then 4 - 1 = "3", 5 - 40 = -35 in two characters.
  assert.deepEqual([...(unpackRuns("61X13mN", 56) ?? [])], [6, 1, 40, 4, 5]);
  assert.deepEqual(pixelsOf({ size: [2, 3], counts: compressed([1, 3, 2]) }), [
    [0, 1, 0],
    [1, 1, 0],
  ]);
});

test("every mask comes out as it went in, each pixel once", () => {
  const picture = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([height, width]) =>
    fc.record({ height: fc.constant(height), width: fc.constant(width), bits: fc.array(fc.boolean(), { minLength: height * width, maxLength: height * width }) }),
  );
  fc.assert(
    fc.property(picture, ({ height, width, bits }) => {
      const runs: number[] = [];
      let last = false;
      let length = 0;
      for (const bit of bits) {
        if (bit !== last) {
          runs.push(length);
          length = 0;
          last = bit;
        }
        length += 1;
      }
      runs.push(length);
      const rows = pixelsOf({ size: [height, width], counts: compressed(runs) });
      for (let at = 0; at < bits.length; at += 1) assert.equal(rows[at % height]![Math.floor(at / height)], Number(bits[at]));
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("runs that are longer than the mask, negative or cut off draw nothing", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (counts) => {
      eachPiece({ size: [5, 7], counts }, (x, top, bottom) => {
        assert.ok(x >= 0 && x < 7 && top >= 0 && bottom <= 5 && top < bottom);
      });
    }),
    { seed: SEED, numRuns: 500 },
  );
});
