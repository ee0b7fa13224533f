import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { jpegOf, planesOf } from "../../src/queue/jpeg.js";

const WIDTH_PX = 48;
const HEIGHT_PX = 32;
const AREA = WIDTH_PX * HEIGHT_PX;

/** Planes G, B, R of one colour. */
function planesOfColour([red, green, blue]: readonly [number, number, number]): Uint8Array {
  return new Uint8Array(3 * AREA).fill(green, 0, AREA).fill(blue, AREA, 2 * AREA).fill(red, 2 * AREA);
}

test("a frame's planes become a JPEG of their colour, as another reader sees it, and planes again", async () => {
  const planes = planesOfColour([200, 40, 90]);
  const jpeg = await jpegOf(planes, WIDTH_PX, HEIGHT_PX, 95);
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [WIDTH_PX, HEIGHT_PX, 3]);
  for (const [i, value] of [200, 40, 90].entries()) assert.ok(Math.abs(data[i]! - value) <= 4, `${data[i]} for ${value}`);
  const back = new Uint8Array(planes.length);
  await planesOf(jpeg, WIDTH_PX, HEIGHT_PX, back);
  assert.ok(back.every((value, i) => Math.abs(value - planes[i]!) <= 4));
});

test("what is no JPEG, or one of another size, is refused as a message that is not ours", async () => {
  const planes = new Uint8Array(3 * AREA);
  await assert.rejects(planesOf(Buffer.from("no picture"), WIDTH_PX, HEIGHT_PX, planes), { code: "E_QUEUE_MESSAGE" });
  const other = await jpegOf(planesOfColour([1, 2, 3]), WIDTH_PX, HEIGHT_PX, 95);
  await assert.rejects(planesOf(other, WIDTH_PX, HEIGHT_PX - 1, planes), { code: "E_QUEUE_MESSAGE", message: /48x32, expected 48x31/ });
});
