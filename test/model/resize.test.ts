import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 } from "../support/crc32.js";
import fc from "fast-check";
import { frameBytes, letterboxFor, makeFitter, rowsOf, type LetterboxRule } from "../../src/model/index.js";
import { makeLinearResize } from "../../src/model/resize.js";
import { resizeLinear, type Picture } from "./opencv-resize.js";

/** B G R that look random, and that NumPy makes the same: ((i * 2654435761 + 12345) >> 7) & 255 in 64 bits. */
function picture(widthPx: number, heightPx: number): Picture {
  const data = Uint8Array.from({ length: 3 * widthPx * heightPx }, (_, i) => Number((BigInt(i) * 2654435761n + 12345n) >> 7n & 255n));
  return { data, widthPx, heightPx };
}

/** From, to, and zlib.crc32(cv2.resize(picture, (to), interpolation=cv2.INTER_LINEAR).tobytes()) of OpenCV 5.0.0. */
const OPENCV = [
  [640, 360, 416, 234, 0xc1ab31ab],
  [64, 48, 32, 24, 0x10b230ba],
  [64, 48, 128, 96, 0xfc6abe83],
  [31, 17, 100, 77, 0x5f3bc1f7],
  [100, 77, 31, 17, 0x2a764264],
  [500, 333, 224, 149, 0x42bac8ff],
  [1, 1, 8, 8, 0xd4d437ea],
  [5, 3, 5, 9, 0x75496eb0],
  [90, 90, 30, 30, 0xe61ce4b7],
  [400, 300, 100, 75, 0xa4734c32],
] as const;

/** Planes G, B, R as B G R side by side. */
function interleaved(planes: Uint8Array): Uint8Array {
  const area = planes.length / 3;
  return Uint8Array.from(planes, (_, i) => planes[[area, 0, 2 * area][i % 3]! + Math.floor(i / 3)]!);
}

test("smaller and larger, even and odd: the bytes that OpenCV gives", () => {
  for (const [fromWidthPx, fromHeightPx, toWidthPx, toHeightPx, crc] of OPENCV) {
    const resize = makeLinearResize({ fromWidthPx, fromHeightPx, toWidthPx, toHeightPx, part: { leftPx: 0, topPx: 0, widthPx: toWidthPx, heightPx: toHeightPx } });
    const planes = new Uint8Array(3 * toWidthPx * toHeightPx);
    const from = picture(fromWidthPx, fromHeightPx);
    resize(from.data, planes, 0, toWidthPx, toWidthPx * toHeightPx);
    const size = `${fromWidthPx}x${fromHeightPx} to ${toWidthPx}x${toHeightPx}`;
    assert.equal(crc32(interleaved(planes)), crc, size);
    assert.equal(crc32(resizeLinear(from, toWidthPx, toHeightPx).data), crc, `the judge, ${size}`);
  }
});

const RULES: readonly LetterboxRule[] = (["centre", "top-left", "stretch", "centre-crop"] as const).flatMap((placement) =>
  (["half-even", "truncate"] as const).map((rounding) => ({ placement, rounding, padValue: 114 })));

test("whatever the sizes and the rule, a picture lies in its rows as the slow resize draws it, with padding around", () => {
  const side = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(fc.constantFrom(...RULES), fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 3 }), (rule, sizes) => {
      // One fitter for all of them, as in a worker.
      const fitter = makeFitter({ letterbox: rule });
      for (const [widthPx, heightPx] of sizes) {
        const box = letterboxFor(rule, 32, 24, widthPx, heightPx);
        const from = picture(widthPx, heightPx);
        const planes = fitter.fit(from.data, box);
        assert.equal(planes.length, frameBytes("fitted", box));
        const drawn = resizeLinear(from, box.contentWidthPx, box.contentHeightPx);
        const rows = rowsOf(box);
        for (let y = 0; y < rows.heightPx; y += 1) {
          for (let x = 0; x < 32; x += 1) {
            const [column, row] = [x - box.leftPx, y + rows.topPx - box.topPx];
            const inside = column >= 0 && column < box.contentWidthPx;
            for (const [plane, channel] of [1, 0, 2].entries()) {
              const wanted = inside ? drawn.data[3 * (row * drawn.widthPx + column) + channel] : 114;
              assert.equal(planes[(plane * rows.heightPx + y) * 32 + x], wanted);
            }
          }
        }
      }
    }),
    { seed: 12, numRuns: 120 },
  );
});

test("too few bytes for the picture are refused", () => {
  const box = letterboxFor(RULES[0]!, 32, 24, 40, 40);
  assert.throws(() => makeFitter({ letterbox: RULES[0]! }).fit(new Uint8Array(100), box), /100 bytes/);
});
