import assert from "node:assert/strict";
import { test } from "node:test";
import { textFrame, textMessage } from "../../src/feed/message.js";

/** Heads as RFC 6455, 5.2 and 5.7 write them. */
const HEADS: [length: number, head: number[]][] = [
  [0, [0x81, 0x00]],
  [5, [0x81, 0x05]],
  [125, [0x81, 0x7d]],
  [126, [0x81, 0x7e, 0x00, 0x7e]],
  [256, [0x81, 0x7e, 0x01, 0x00]],
  [65_535, [0x81, 0x7e, 0xff, 0xff]],
  [65_536, [0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]],
];

for (const [length, head] of HEADS) {
  test(`a text of ${length} bytes has the head ${Buffer.from(head).toString("hex")}`, () => {
    const text = "x".repeat(length);
    assert.deepEqual(textFrame(text), Buffer.concat([Buffer.from(head), Buffer.from(text)]));
  });
}

test("the length is that of the bytes, not of the characters", () => {
  assert.deepEqual(textFrame("gäte"), Buffer.from([0x81, 0x05, 0x67, 0xc3, 0xa4, 0x74, 0x65]));
});

test("each framing is made once, and ends where its readers expect it", () => {
  const message = textMessage('{"type":"pong"}', undefined, "ab12.7");
  assert.equal(message.bytes("sse").toString(), 'id: ab12.7\ndata: {"type":"pong"}\n\n');
  assert.equal(message.bytes("ndjson").toString(), '{"type":"pong"}\n');
  assert.equal(textMessage("{}").bytes("sse").toString(), "data: {}\n\n");
  for (const framing of ["socket", "sse", "ndjson"] as const) assert.equal(message.bytes(framing), message.bytes(framing));
});
