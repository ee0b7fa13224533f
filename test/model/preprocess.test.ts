import assert from "node:assert/strict";
import { test } from "node:test";
import { fillInput, makeInput } from "../../src/model/index.js";

const WIDTH_PX = 32;
const AREA = WIDTH_PX * WIDTH_PX;

/** Planes G, B, R in which every value from 0 to 255 comes up in each plane, at different places. */
function planes(memory: ArrayBufferLike): Uint8Array {
  const pixels = new Uint8Array(memory, 0, 3 * AREA);
  for (let i = 0; i < 3 * AREA; i += 1) pixels[i] = (i * 7 + Math.floor(i / AREA) * 91) % 256;
  return pixels;
}

/** An input made for speed, and one that is not. */
const inputs = () => [makeInput({ inputWidthPx: WIDTH_PX, inputHeightPx: WIDTH_PX }), new Float32Array(3 * AREA)];

/** Each plane of the answer as bytes again. */
function channels(out: Float32Array, unit: number): Uint8Array[] {
  return [0, 1, 2].map((plane) =>
    Uint8Array.from(out.subarray(plane * AREA, (plane + 1) * AREA), (value) => Math.round(value / unit)),
  );
}

for (const [memoryName, makeMemory] of [
  ["own", (bytes: number) => new ArrayBuffer(bytes)],
  ["shared", (bytes: number) => new SharedArrayBuffer(bytes)],
] as const) {
  test(`planes G, B, R in ${memoryName} memory become R, G, B or B, G, R`, () => {
    const pixels = planes(makeMemory(3 * AREA));
    const [g, b, r] = [0, 1, 2].map((plane) => Uint8Array.from(pixels.subarray(plane * AREA, (plane + 1) * AREA)));
    for (const out of inputs()) {
      fillInput(pixels, { channels: "rgb", scale: 1 / 255 }, out);
      assert.deepEqual(channels(out, 1 / 255), [r, g, b]);
      fillInput(pixels, { channels: "bgr", scale: 1 }, out);
      assert.deepEqual(channels(out, 1), [b, g, r]);
    }
  });
}

test("a value divided by 255 is the float32 nearest to the quotient, as NumPy and PyTorch have it", () => {
  const pixels = new Uint8Array(3 * AREA);
  for (let i = 0; i < 256; i += 1) pixels[2 * AREA + i] = i;
  for (const out of inputs()) {
    fillInput(pixels, { channels: "rgb", scale: 1 / 255 }, out);
    // numpy: (np.arange(256, dtype=np.float32) / 255)[[1, 100, 114, 254, 255]].view(np.uint32)
    const bits = new Uint32Array(out.buffer);
    assert.deepEqual(
      [1, 100, 114, 254, 255].map((i) => bits[i]),
      [0x3b808081, 0x3ec8c8c9, 0x3ee4e4e5, 0x3f7efeff, 0x3f800000],
    );
    for (let i = 0; i < 256; i += 1) assert.equal(out[i], Math.fround(i / 255));
  }
});

test("two inputs in one thread do not share their memory", () => {
  const [first, second] = [
    makeInput({ inputWidthPx: 64, inputHeightPx: 32 }),
    makeInput({ inputWidthPx: 64, inputHeightPx: 32 }),
  ];
  fillInput(new Uint8Array(first.length).fill(255), { channels: "rgb", scale: 1 / 255 }, first);
  fillInput(new Uint8Array(second.length).fill(51), { channels: "rgb", scale: 1 / 255 }, second);
  assert.ok(first.every((value) => value === 1) && second.every((value) => value === Math.fround(0.2)));
});

test("planes and output may start anywhere in their buffers, and nothing is written beside them", () => {
  const memory = new Uint8Array(3 * AREA + 7);
  const pixels = memory.subarray(5, 5 + 3 * AREA);
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = i % 256;
  const guarded = new Float32Array(3 * AREA + 2).fill(Infinity);
  for (const scale of [1, 1 / 255]) {
    fillInput(pixels, { channels: "rgb", scale }, guarded.subarray(1, -1));
    assert.deepEqual([guarded[0], guarded.at(-1)], [Infinity, Infinity]);
    assert.equal(guarded[1], Math.fround(((2 * AREA) % 256) * scale));
    assert.equal(guarded.subarray(1, -1).at(-1), Math.fround(((2 * AREA - 1) % 256) / Math.round(1 / scale)));
  }
});

test("a frame of another size is refused", () => {
  assert.throws(() => fillInput(new Uint8Array(12), { channels: "rgb", scale: 1 }, new Float32Array(9)), /12 pixels/);
});
