import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { FrameOutcome } from "../../src/core/frame.js";
import { orderStart, orderStep, type OrderInput } from "../../src/order/index.js";

function still(frame: number): FrameOutcome {
  const header = { stream: "s", epoch: 1, frame, ptsMs: null, capturedAtMs: 0, capturedMonoMs: 0, widthPx: 1, heightPx: 1 };
  return { kind: "still", header };
}

function run(inputs: readonly OrderInput[]): { frames: number[]; skips: (object | undefined)[] } {
  const state = orderStart();
  const leaving = inputs.flatMap((input) => [...orderStep(state, input)]);
  return { frames: leaving.map((one) => one.outcome.header.frame), skips: leaving.map((one) => one.skipped) };
}

const announced = (frame: number): OrderInput => ({ type: "announced", frame });
const ended = (frame: number): OrderInput => ({ type: "ended", outcome: still(frame) });

test("a frame that ends early waits for every earlier one", () => {
  const { frames } = run([announced(0), announced(1), announced(2), ended(2), ended(1), ended(0)]);
  assert.deepEqual(frames, [0, 1, 2]);
});

test("nothing leaves before its turn", () => {
  const state = orderStart();
  orderStep(state, announced(0));
  orderStep(state, announced(1));
  assert.deepEqual(orderStep(state, ended(1)), []);
  assert.equal(orderStep(state, ended(0)).length, 2);
});

test("skips are told with the next frame that leaves, by cause", () => {
  const { frames, skips } = run([
    announced(4), announced(5), announced(6), announced(7),
    { type: "skipped", frame: 5, cause: "busy" },
    { type: "skipped", frame: 4, cause: "busy" },
    { type: "skipped", frame: 6, cause: "no_slot" },
    ended(7),
  ]);
  assert.deepEqual(frames, [7]);
  assert.deepEqual(skips, [{ busy: 2, no_slot: 1 }]);
});

test("a number that is announced twice, ends twice or was never announced is refused", () => {
  assert.throws(() => run([announced(3), announced(3)]), /announced after/);
  assert.throws(() => run([announced(3), announced(2)]), /announced after/);
  assert.throws(() => run([ended(0)]), /without being announced/);
  assert.throws(() => run([announced(0), announced(1), ended(1), ended(1)]), /ended twice/);
  assert.throws(() => run([announced(0), ended(0), ended(0)]), /without being announced/);
});

test("whatever the order of endings, every frame leaves once, ascending, and every skip is counted", () => {
  const shuffled = fc.integer({ min: 1, max: 60 }).chain((count) =>
    fc.tuple(
      fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      fc.array(fc.boolean(), { minLength: count, maxLength: count }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([endings, skipped]) => {
      const inputs: OrderInput[] = [...endings.keys()].map(announced);
      for (const frame of endings) inputs.push(skipped[frame] ? { type: "skipped", frame, cause: "busy" } : ended(frame));
      const { frames, skips } = run(inputs);
      const looked = [...endings.keys()].filter((frame) => !skipped[frame]);
      assert.deepEqual(frames, looked);
      const told = skips.reduce((sum, skip) => sum + ((skip as { busy?: number } | undefined)?.busy ?? 0), 0);
      const beforeLast = skipped.slice(0, (looked.at(-1) ?? -1) + 1).filter(Boolean).length;
      assert.equal(told, beforeLast);
    }),
    { seed: 20, numRuns: 300 },
  );
});
