import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { letterboxFor, rowsOf } from "../../src/model/index.js";
import { drawNumber, NUMBERED_SIZE_PX, numberOf } from "../../src/numbered/index.js";
import { openThreadPool } from "../../src/pool/index.js";
import { createRing } from "../../src/ring/index.js";
import { runPipelineOnNumbers } from "../support/numbers.js";
import { LIMITS, numberedPoolOptions } from "../support/pool.js";
import { BOTH_RUNTIMES } from "../support/runtimes.js";

/** With OpenVINO fewer: what is to be shown of it is that its memory is each thread's own. */
const FRAMES = { onnxruntime: 20_000, openvino: 3_000 };

for (const { name, wish, skip } of BOTH_RUNTIMES) test(`numbered frames through the real pool with ${name} and random delays: none swapped, lost or repeated, order strict`, { skip }, async () => {
  const count = FRAMES[wish.runtime ?? "onnxruntime"];
  const { numbers, frames, answersOutOfOrder } = await runPipelineOnNumbers({ frames: count, workers: 4, jitterMs: 2, ...wish });
  const expected = Array.from({ length: count }, (_, i) => i);
  assert.deepEqual(frames, expected, "frame numbers left out of order, or not all");
  assert.deepEqual(numbers, expected, "a result was given to another frame");
  // Without this the test would prove nothing: the workers must really have overtaken each other.
  assert.ok(answersOutOfOrder > count / 100, `only ${answersOutOfOrder} answers overtook another`);
});

test("the pool runs a frame's own pixels: a slot whose lease has ended is refused, not read", async () => {
  const options = await numberedPoolOptions();
  const { model } = options;
  await using pool = await openThreadPool(options, systemClock);
  const ring = createRing({ slots: 1, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const letterbox = letterboxFor(model.letterbox, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX, NUMBERED_SIZE_PX);
  const lease = ring.lease();
  assert.ok(lease);
  drawNumber(lease.pixels, 4711);
  const task = { ringId: 0, memory: ring.memory, layout: ring.layout, slot: lease.slot, generation: lease.generation, letterbox, rows: rowsOf(letterbox), limits: LIMITS };
  await pool.permit(0);
  const first = await pool.run(task, () => undefined);
  assert.ok(typeof first === "object" && "ok" in first && first.ok);
  assert.equal(numberOf(first.detections.boxes[0] ?? NaN), 4711);
  lease[Symbol.dispose]();
  await pool.permit(0);
  const stale = await pool.run(task, () => undefined);
  assert.ok(typeof stale === "object" && "ok" in stale && !stale.ok);
  assert.match(stale.error.message, /no longer holds the frame/);
});
