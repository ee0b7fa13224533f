import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { eachPiece, eachStretch, packRuns, unpackRuns, type Mask } from "../../src/core/mask.js";
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

type IsMask = (x: number, y: number) => boolean;

/** Runs of a mask, column by column, the plain way. */
function runsOf(widthPx: number, heightPx: number, isMask: IsMask): Uint32Array {
  const runs = [0];
  let last = false;
  for (let x = 0; x < widthPx; x += 1) {
    for (let y = 0; y < heightPx; y += 1) {
      if (isMask(x, y) !== last) {
        runs.push(0);
        last = !last;
      }
      runs[runs.length - 1]! += 1;
    }
  }
  return Uint32Array.from(runs);
}

const packed = (widthPx: number, heightPx: number, isMask: IsMask): string => {
  const runs = runsOf(widthPx, heightPx, isMask);
  return packRuns(runs, runs.length);
};

// What pycocotools 2.0.11 makes of these (mask.encode): counts, and mask.area.
test("the text is the one that pycocotools writes", () => {
  assert.equal(packed(4, 5, () => false), "d0");
  assert.equal(packed(4, 5, () => true), "0d0");
  assert.equal(packed(4, 5, (x, y) => x >= 1 && x < 3 && y >= 1 && y < 3), "62304");
  assert.equal(packed(4, 5, (x, y) => (x === 0 && y === 0) || (x === 3 && y === 4)), "01b00");
  const disc: IsMask = (x, y) => (x - 300) ** 2 + (y - 200) ** 2 < 90 ** 2;
  const stripes: IsMask = (x, y) => (x * 7 + y * 13) % 11 < 4;
  for (const [isMask, length, digest, area] of [
    [disc, 367, "fa9774dd49750b89ca7551462f4ebd116a5af4d40eea0ed224b3f9837c4b5c4b", 25_433],
    [stripes, 111_943, "fc948e8b2bc3fe28b3fcf6680568adc629a4b60af6e26cbb77fc495a3e370e9c", 111_709],
  ] as const) {
    const text = packed(640, 480, isMask);
    assert.deepEqual([text.length, createHash("sha256").update(text).digest("hex")], [length, digest]);
    const runs = unpackRuns(text, 640 * 480) ?? new Uint32Array();
    assert.equal(runs.reduce((sum, run, i) => (i % 2 === 1 ? sum + run : sum), 0), area);
  }
});

test("any mask comes back as it was, and its stretches are its pixels", () => {
  const property = fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.integer(), fc.constantFrom(2, 3, 50), (widthPx, heightPx, seed, rarity) => {
    const isMask: IsMask = (x, y) => Math.abs(Math.imul(seed ^ (x * 7919 + y * 104_729), 2_654_435_761) >> 3) % rarity === 0;
    const runs = runsOf(widthPx, heightPx, isMask);
    assert.deepEqual(unpackRuns(packRuns(runs, runs.length), widthPx * heightPx), runs);
    const seen = new Set<string>();
    eachStretch(runs, heightPx, (x, fromY, toY) => {
      for (let y = fromY; y < toY; y += 1) seen.add(`${x},${y}`);
    });
    for (let x = 0; x < widthPx; x += 1) for (let y = 0; y < heightPx; y += 1) assert.equal(seen.has(`${x},${y}`), isMask(x, y));
  });
  fc.assert(property, { seed: 8, numRuns: 200 });
});

test("a text that is no mask of this size is none", () => {
  for (const text of ["", "d", "0d", "f0", "~~~", "dddddddddddddddddddddd", "d0d0", "\u0000", "PPPPPPPPPP0"]) assert.equal(unpackRuns(text, 21), undefined, text);
  fc.assert(fc.property(fc.string({ maxLength: 30 }), (text) => void unpackRuns(text, 100)), { seed: 9, numRuns: 2000 });
});
