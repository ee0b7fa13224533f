import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRing } from "../../src/ring/index.js";
import { cutFrames, type RawFrame } from "../../src/source/raw-frames.js";

const FRAME_BYTES = 12;

function cutter(slots: number, lossless: boolean) {
  const ring = createRing({ slots, slotBytes: FRAME_BYTES });
  const frames: RawFrame[] = [];
  let tick = 0;
  const now = () => ({ capturedAtMs: tick, capturedMonoMs: tick++ });
  return { ring, frames, cut: cutFrames({ ring, frameBytes: FRAME_BYTES, lossless, now, onFrame: (frame) => frames.push(frame) }) };
}

/** Bytes that count up without end, so that a byte lost or doubled anywhere shows. */
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);

test("chunks of any sizes become the same frames, byte for byte", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const { ring, frames, cut } = cutter(200, true);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const bytes = counting(total);
      let at = 0;
      for (const size of sizes) assert.equal(cut.push(bytes.subarray(at, (at += size))), undefined);
      const whole = Math.floor(total / FRAME_BYTES);
      assert.equal(frames.length, whole);
      frames.forEach((frame, i) => assert.deepEqual(frame.lease?.pixels, bytes.slice(i * FRAME_BYTES, (i + 1) * FRAME_BYTES)));
      assert.equal(cut.discardPartial(), total % FRAME_BYTES);
      assert.equal(ring.outstanding, whole);
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("lossless: without a slot the rest of the chunk comes back, and nothing of it is lost when it is pushed again", () => {
  const { frames, cut } = cutter(1, true);
  const bytes = counting(3 * FRAME_BYTES + 5);
  let rest = cut.push(bytes);
  const seen: number[] = [];
  while (rest !== undefined) {
    const lease = frames.at(-1)?.lease;
    seen.push(...(lease?.pixels ?? []));
    lease?.[Symbol.dispose]();
    rest = cut.push(rest);
  }
  seen.push(...(frames.at(-1)?.lease?.pixels ?? []));
  assert.deepEqual(seen.slice(0, 2 * FRAME_BYTES), [...bytes.subarray(0, 2 * FRAME_BYTES)]);
  assert.equal(frames.length, 3);
});

test("live: without a slot a frame's bytes go by, it is still counted, and the next one is whole", () => {
  const { frames, cut } = cutter(1, false);
  const bytes = counting(3 * FRAME_BYTES);
  assert.equal(cut.push(bytes.subarray(0, 2 * FRAME_BYTES)), undefined);
  assert.deepEqual(frames.map((frame) => frame.lease !== undefined), [true, false]);
  frames[0]?.lease?.[Symbol.dispose]();
  cut.push(bytes.subarray(2 * FRAME_BYTES));
  assert.deepEqual(frames[2]?.lease?.pixels, bytes.slice(2 * FRAME_BYTES));
});

test("a frame is stamped when its first byte comes", () => {
  const { frames, cut } = cutter(3, true);
  cut.push(counting(FRAME_BYTES + 1));
  cut.push(counting(FRAME_BYTES - 1));
  assert.deepEqual(frames.map((frame) => frame.capturedMonoMs), [0, 1]);
});

test("half a frame at the end is told and its slot given back", () => {
  const { ring, cut } = cutter(2, true);
  cut.push(counting(FRAME_BYTES - 2));
  assert.equal(cut.discardPartial(), FRAME_BYTES - 2);
  assert.equal(ring.outstanding, 0);
});
