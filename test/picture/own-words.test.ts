import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import sharp from "sharp";
import { readStill } from "../../src/picture/index.js";
import { messageOf } from "../../src/core/errors.js";
import { project } from "../support/paths.js";

/** Of each kind, side by side; libvips has four threads. */
const OF_EACH = 20;

test("of pictures that are broken in several ways each is told with its own error, however many fail beside it", async () => {
  const street = readFileSync(project("samples", "thread-safety", "street.jpg"));
  const png = await sharp(street).png().toBuffer();
  const broken: Record<string, Buffer> = {
    jpeg: street.subarray(0, street.length >> 1),
    png: Buffer.from(png.map((byte, i) => (i > 2000 && i < 4000 ? byte ^ 0x5a : byte))),
    gif: (await sharp(street).gif().toBuffer()).subarray(0, 5000),
    webp: (await sharp(street).webp().toBuffer()).subarray(0, 3000),
    text: Buffer.from("hello, world"),
  };
  const why = (kind: string): Promise<string> => readStill(broken[kind]!, () => ({ widthPx: 64, heightPx: 64 })).then(() => "nothing", messageOf);
  const alone = new Map<string, string>();
  for (const kind of Object.keys(broken)) alone.set(kind, await why(kind));
  assert.equal(new Set(alone.values()).size, 5, [...alone.values()].join("\n"));
  const kinds = Array.from({ length: OF_EACH }, () => Object.keys(broken)).flat();
  const told = await Promise.all(kinds.map(why));
  for (const [i, kind] of kinds.entries()) assert.equal(told[i], alone.get(kind), kind);
});
