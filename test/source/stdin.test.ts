import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import fc from "fast-check";
import { shareInput } from "../../src/source/stdin.js";

/** A reader that takes bytes slowly and may close after some. */
function reader(closeAfterBytes = Infinity): Writable & { readonly bytes: () => Buffer } {
  const taken: Buffer[] = [];
  let count = 0;
  const stream = new Writable({
    highWaterMark: 16,
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk);
      count += chunk.length;
      setImmediate(() => {
        done();
        if (count >= closeAfterBytes) stream.destroy();
      });
    },
  });
  return Object.assign(stream, { bytes: () => Buffer.concat(taken) });
}

const closed = (stream: Writable): Promise<void> => new Promise((resolve) => (stream.closed ? resolve() : void stream.once("close", resolve)));

test("the decoder gets every byte once and in order, however much the probe has looked at", async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 300 }), async (parts, closeAfter, limit) => {
      const shared = shareInput(Readable.from(parts.map((part) => Buffer.from(part)), { objectMode: false }), limit);
      const probe = reader(closeAfter);
      shared.lend(probe);
      await closed(probe);
      const decoder = reader();
      shared.give(decoder);
      await finished(decoder);
      const all = Buffer.concat(parts);
      assert.deepEqual(decoder.bytes(), all);
      assert.deepEqual(probe.bytes(), all.subarray(0, probe.bytes().length));
    }),
    { seed: 4, numRuns: 60 },
  );
});

test("a probe that looks no further stops the reading, and no more than the limit is kept", async () => {
  let pulled = 0;
  const endless = new Readable({ highWaterMark: 1024, read: function () { pulled += 1024; this.push(Buffer.alloc(1024)); } });
  const shared = shareInput(endless, 8 * 1024);
  const probe = reader();
  shared.lend(probe);
  await closed(probe);
  assert.equal(probe.bytes().length, 8 * 1024);
  assert.ok(pulled <= 16 * 1024, `${pulled} bytes were read for a limit of 8192`);
  endless.destroy();
});

test("a decoder that does not read holds the source back", async () => {
  let pulled = 0;
  const endless = new Readable({ highWaterMark: 1024, read: function () { pulled += 1024; setImmediate(() => this.push(Buffer.alloc(1024))); } });
  const shared = shareInput(endless);
  const stuck = new Writable({ highWaterMark: 2048, write: () => undefined });
  shared.give(stuck);
  for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(pulled <= 8 * 1024, `${pulled} bytes were read though nobody took them`);
  stuck.destroy();
  await new Promise((resolve) => endless.once("close", resolve));
});

test("standard input is one source's, and is refused to a second one before a byte is read", () => {
  let pulled = 0;
  const shared = shareInput(new Readable({ read: () => void (pulled += 1) }));
  shared.claim();
  assert.throws(() => shared.claim(), { code: "E_USAGE", message: /^standard input can be read only once: / });
  assert.equal(pulled, 0);
});

test("standard input can be given once", () => {
  const shared = shareInput(Readable.from([]));
  shared.give(reader());
  assert.throws(() => shared.give(reader()), { code: "E_USAGE" });
});
