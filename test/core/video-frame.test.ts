import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeVideoFrame, encodeVideoFrame } from "../../src/core/video-frame.js";

const PICTURE = {
  stream: "tür",
  epoch: 3,
  frame: 1841,
  ptsMs: 1.5,
  widthPx: 960,
  heightPx: 540,
  lookedAt: true,
  jpeg: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9),
} as const;

const BYTES =
  "01 00 0400 03000000 31070000 c003 1c02 000000000000f83f" + // 1.5 is 0x3ff8000000000000
  "74c3bc72" + // t ü r in UTF-8
  "ffd8ffd9";

const arrayBufferOf = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

test("a video frame's message is exactly these bytes", () => {
  assert.equal(Buffer.from(encodeVideoFrame(PICTURE)).toString("hex"), BYTES.replaceAll(" ", ""));
});

test("a frame that was not looked at has flag 1, a missing media time is NaN", () => {
  const message = Buffer.from(encodeVideoFrame({ ...PICTURE, lookedAt: false, ptsMs: null }));
  assert.equal(message[1], 1);
  assert.equal(Number.isNaN(message.readDoubleLE(16)), true);
});

test("a client reads from the bytes what was put in", () => {
  const message = arrayBufferOf(Buffer.from(BYTES.replaceAll(" ", ""), "hex"));
  assert.deepEqual(decodeVideoFrame(message), PICTURE);
});

test("a client reads nothing from another version or a message that is cut off", () => {
  const bytes = Buffer.from(BYTES.replaceAll(" ", ""), "hex");
  for (const length of [0, 23, 27]) assert.equal(decodeVideoFrame(arrayBufferOf(bytes.subarray(0, length))), undefined);
  bytes[0] = 2;
  assert.equal(decodeVideoFrame(arrayBufferOf(bytes)), undefined);
});
