import assert from "node:assert/strict";
import { test } from "node:test";
import { floatsOfHalves, halfOf, numberOfHalf } from "../../src/model/half.js";

test("half precision is rounded as NumPy rounds it", () => {
  // np.array([...], dtype=np.float32).astype(np.float16).view(np.uint16)
  const numbers = [0, -0, 1, -2, 1 / 3, 65_504, 65_519, 65_520, 1e-7, 5.96e-8, 2.98e-8, 2.99e-8, 6.1e-5, 6.0975e-5, 0.1, 114 / 255, 1e9, -1e9];
  const bits = [0x0, 0x8000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x7bff, 0x7c00, 0x2, 0x1, 0x0, 0x1, 0x3ff, 0x3ff, 0x2e66, 0x3727, 0x7c00, 0xfc00];
  assert.deepEqual(numbers.map(halfOf), bits);
  assert.equal(numberOfHalf(halfOf(NaN)), NaN);
});

test("every one of the 65536 comes back as itself", () => {
  for (let half = 0; half < 65_536; half += 1) {
    const number = numberOfHalf(half);
    if (Number.isNaN(number)) continue;
    assert.equal(halfOf(number), half);
  }
});

test("many at a time are the same numbers, and what lies behind them is left alone", () => {
  const halves = Uint16Array.from({ length: 65_536 }, (_, half) => half);
  const out = new Float32Array(65_537).fill(7);
  floatsOfHalves(halves, out);
  assert.deepEqual(out.subarray(0, 65_536), Float32Array.from(halves, numberOfHalf));
  assert.equal(out[65_536], 7);
});
