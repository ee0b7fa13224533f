import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeInput, type InputForm, type ModelInput } from "../../src/model/index.js";

const PAD = 114;

/** A model's form; 32 px wide inputs are filled fast, 33 px wide ones are not. */
function form(widthPx: number, heightPx: number, channels: "rgb" | "bgr", scale: number): InputForm {
  const letterbox = { placement: "centre", rounding: "half-even", padValue: PAD } as const;
  return { inputWidthPx: widthPx, inputHeightPx: heightPx, letterbox, channels, scale };
}

/** Planes G, B, R in which every value from 0 to 255 comes up in each plane, at different places. */
function planes(memory: ArrayBufferLike, area: number): Uint8Array {
  const pixels = new Uint8Array(memory, 0, 3 * area);
  for (let i = 0; i < 3 * area; i += 1) pixels[i] = (i * 7 + Math.floor(i / area) * 91) % 256;
  return pixels;
}

function floatsOf({ values }: ModelInput): Float32Array {
  assert.ok(values instanceof Float32Array);
  return values;
}

/** Each plane of the answer as bytes again. */
function planesOf(floats: Float32Array, unit: number): Uint8Array[] {
  const area = floats.length / 3;
  return [0, 1, 2].map((plane) => Uint8Array.from(floats.subarray(plane * area, (plane + 1) * area), (value) => Math.round(value / unit)));
}

for (const [memoryName, makeMemory] of [
  ["own", (bytes: number) => new ArrayBuffer(bytes)],
  ["shared", (bytes: number) => new SharedArrayBuffer(bytes)],
] as const) {
  test(`planes G, B, R in ${memoryName} memory become R, G, B or B, G, R`, () => {
    for (const side of [32, 33]) {
      const area = side * side;
      const rows = { topPx: 0, heightPx: side };
      const pixels = planes(makeMemory(3 * area), area);
      const [g, b, r] = [0, 1, 2].map((plane) => Uint8Array.from(pixels.subarray(plane * area, (plane + 1) * area)));
      const rgb = makeInput(form(side, side, "rgb", 1 / 255));
      rgb.fill(pixels, rows);
      assert.deepEqual(planesOf(floatsOf(rgb), 1 / 255), [r, g, b]);
      const bgr = makeInput(form(side, side, "bgr", 1));
      bgr.fill(pixels, rows);
      assert.deepEqual(planesOf(floatsOf(bgr), 1), [b, g, r]);
    }
  });
}

test("a value divided by 255 is the float32 nearest to the quotient, as NumPy and PyTorch have it", () => {
  for (const side of [32, 33]) {
    const area = side * side;
    const pixels = new Uint8Array(3 * area);
    for (let i = 0; i < 256; i += 1) pixels[2 * area + i] = i;
    const input = makeInput(form(side, side, "rgb", 1 / 255));
    const { fill } = input;
    const floats = floatsOf(input);
    fill(pixels, { topPx: 0, heightPx: side });
    // numpy: (np.arange(256, dtype=np.float32) / 255)[[1, 100, 114, 254, 255]].view(np.uint32)
    const bits = new Uint32Array(floats.buffer);
    assert.deepEqual(
      [1, 100, 114, 254, 255].map((i) => bits[i]),
      [0x3b808081, 0x3ec8c8c9, 0x3ee4e4e5, 0x3f7efeff, 0x3f800000],
    );
    for (let i = 0; i < 256; i += 1) assert.equal(floats[i], Math.fround(i / 255));
  }
});

test("rows of any place and height lie where they belong, with padding around, whatever was there before", () => {
  const frames = fc.array(fc.record({ topPx: fc.nat(8), heightPx: fc.integer({ min: 1, max: 8 }), seed: fc.nat(255) }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(16, 17), fc.constantFrom(1, 1 / 255), frames, (widthPx, scale, list) => {
      const input = makeInput(form(widthPx, 16, "rgb", scale));
    const { fill } = input;
    const floats = floatsOf(input);
      const unit = scale === 1 ? 1 : 255;
      for (const { topPx, heightPx, seed } of list) {
        const area = widthPx * heightPx;
        // Longer than needed, as a slot is.
        const slot = Uint8Array.from({ length: 3 * area + 9 }, (_, i) => (i * 31 + seed) % 256);
        fill(slot, { topPx, heightPx });
        for (const [plane, from] of [2, 0, 1].entries()) {
          for (let y = 0; y < 16; y += 1) {
            const inside = y >= topPx && y < topPx + heightPx;
            for (let x = 0; x < widthPx; x += 1) {
              const level = inside ? slot[from * area + (y - topPx) * widthPx + x]! : PAD;
              assert.equal(floats[(plane * 16 + y) * widthPx + x], Math.fround(level / unit));
            }
          }
        }
      }
    }),
    { seed: 11, numRuns: 60 },
  );
});

test("two inputs in one thread do not share their memory", () => {
  const [first, second] = [makeInput(form(64, 32, "rgb", 1 / 255)), makeInput(form(64, 32, "rgb", 1 / 255))];
  const rows = { topPx: 0, heightPx: 32 };
  first.fill(new Uint8Array(3 * 64 * 32).fill(255), rows);
  second.fill(new Uint8Array(3 * 64 * 32).fill(51), rows);
  assert.ok(floatsOf(first).every((value) => value === 1) && floatsOf(second).every((value) => value === Math.fround(0.2)));
});

test("planes may start anywhere in their buffer", () => {
  const memory = Uint8Array.from({ length: 3 * 1024 + 7 }, (_, i) => i % 256);
  const input = makeInput(form(32, 32, "rgb", 1));
    const { fill } = input;
    const floats = floatsOf(input);
  fill(memory.subarray(5), { topPx: 0, heightPx: 32 });
  assert.deepEqual([floats[0], floats.at(-1)], [(5 + 2 * 1024) % 256, (5 + 2 * 1024 - 1) % 256]);
});

test("too few pixels, and rows beyond the input, are refused", () => {
  const { fill } = makeInput(form(32, 32, "rgb", 1));
  assert.throws(() => fill(new Uint8Array(12), { topPx: 0, heightPx: 1 }), /12 pixels/);
  assert.throws(() => fill(new Uint8Array(3 * 32 * 8), { topPx: 25, heightPx: 8 }), /rows 25/);
});
