import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { blur, decodeStill, encodeJpeg, encodePng, rasterise, type RawPicture } from "../../src/picture/index.js";

const HALF = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2"><rect width="2" height="2" fill="#102030"/></svg>`;

describe("rasterise", () => {
  test("draws RGB rows from the top, with black where nothing is", async () => {
    const picture = await rasterise(HALF, { channels: 3 });
    const row = [16, 32, 48, 16, 32, 48, 0, 0, 0, 0, 0, 0];
    assert.deepEqual([...picture.data], [...row, ...row]);
    assert.deepEqual([picture.widthPx, picture.heightPx, picture.channels], [4, 2, 3]);
  });

  test("draws straight alpha with four channels", async () => {
    const faint = HALF.replace("/></svg>", ` fill-opacity="0.5"/></svg>`);
    const { data } = await rasterise(faint, { channels: 4 });
    const [red, green, blue, alpha] = data;
    assert.ok(Math.abs(alpha! - 128) <= 1, `alpha ${alpha}`);
    for (const [seen, drawn] of [
      [red, 16],
      [green, 32],
      [blue, 48],
    ] as const)
      assert.ok(Math.abs(seen! - drawn) <= 1);
    assert.equal(data[4 * 3 + 3], 0);
  });
});

/** A grey ramp. */
const RAMP: RawPicture = {
  data: Uint8Array.from({ length: 64 * 32 * 3 }, (_, i) => (Math.floor(i / 3) % 64) * 4),
  widthPx: 64,
  heightPx: 32,
  channels: 3,
};

function farthest(one: RawPicture, other: RawPicture): number {
  assert.equal(one.data.length, other.data.length);
  return one.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - other.data[i]!)), 0);
}

describe("encoding and decoding", () => {
  test("gives back the same pixels through PNG", async () => {
    const png = await encodePng(RAMP);
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.equal(farthest(await decodeStill(png), RAMP), 0);
  });

  test("gives back nearly the same pixels through JPEG, fewer bytes with less quality", async () => {
    const [fine, coarse] = [await encodeJpeg(RAMP, 95), await encodeJpeg(RAMP, 20)];
    assert.deepEqual([...fine.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.ok(coarse.length < fine.length);
    assert.ok(farthest(await decodeStill(fine), RAMP) <= 4);
  });

  test("leaves a ramp as it is when it is blurred, and softens an edge", async () => {
    const soft = await blur(RAMP, 1);
    assert.ok(Math.abs(soft.data[3 * 30]! - RAMP.data[3 * 30]!) <= 1);
    const edge: RawPicture = { ...RAMP, data: RAMP.data.map((value) => (value < 128 ? 0 : 255)) };
    const between = (await blur(edge, 1)).data.filter((value) => value > 20 && value < 235).length;
    assert.ok(between > 0);
  });
});
