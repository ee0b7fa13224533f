import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { wishFor, wishOver, wishSeen, wishStart } from "../../src/gate/wish.js";

const TIMES = { holdMs: 200, refreshMs: 1000 };
const QUIET = { isUnsure: false, movingCells: 0 };
const MOTION = { isUnsure: false, movingCells: 9 };
const at = (frame: number, timeMs = frame * 100) => ({ frame, timeMs });

/** A state in which frame 0 was unsure and came back. */
function known() {
  const state = wishStart();
  assert.equal(wishFor(state, at(0), QUIET, TIMES), "unsure");
  wishSeen(state, at(0));
  return state;
}

test("after motion frames are wished for the hold time, then one each refresh", () => {
  const state = known();
  const verdicts = Array.from({ length: 30 }, (_, i) => {
    const verdict = wishFor(state, at(i + 1), i === 4 ? MOTION : QUIET, TIMES);
    if (verdict !== "still") wishSeen(state, at(i + 1));
    return verdict[0];
  });
  assert.equal(verdicts.join(""), "hsssmhsssssssssdsssssssssdssss");
});

test("a wish stays with the next frame when its own was pushed out, or failed", () => {
  const state = known();
  wishFor(state, at(1), MOTION, TIMES);
  wishOver(state, 1);
  for (let frame = 2; frame < 10; frame += 1) {
    assert.equal(wishFor(state, at(frame), QUIET, TIMES), "holding", "what moved was not looked at, however long ago");
    wishOver(state, frame);
  }
  wishSeen(state, at(10));
  assert.equal(wishFor(state, at(11), QUIET, TIMES), "still");
  assert.equal(wishFor(state, at(20), QUIET, TIMES), "due");
  assert.equal(wishFor(state, at(21), QUIET, TIMES), "still", "one that is out is not asked for twice");
  wishOver(state, 20);
  assert.equal(wishFor(state, at(22), QUIET, TIMES), "due");
});

test("time that goes back is another round", () => {
  const state = known();
  wishFor(state, at(50), MOTION, TIMES);
  wishSeen(state, at(50));
  assert.equal(wishFor(state, at(51, 0), QUIET, TIMES), "unsure");
});

test("whatever moves, is lost or comes back: no frame is still before the last motion was looked at, nor longer than the refresh", () => {
  const step = fc.record({ moves: fc.boolean(), fate: fc.constantFrom("seen", "lost", "slow"), gapMs: fc.integer({ min: 1, max: 300 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const state = known();
      const slow: number[] = [];
      let [timeMs, lastMotion, lastSeen] = [0, { frame: 0, timeMs: 0 }, { frame: 0, timeMs: 0 }];
      let out: { frame: number; timeMs: number } | null = null;
      for (const [i, { moves, fate, gapMs }] of steps.entries()) {
        const frame = { frame: i + 1, timeMs: (timeMs += gapMs) };
        const verdict = wishFor(state, frame, moves ? MOTION : QUIET, TIMES);
        if (moves) lastMotion = frame;
        if (verdict === "still") {
          assert.ok(!moves && lastSeen.frame >= lastMotion.frame && timeMs - lastMotion.timeMs >= TIMES.holdMs);
          assert.ok(timeMs - Math.max(lastSeen.timeMs, out?.timeMs ?? 0) < TIMES.refreshMs);
          continue;
        }
        out = frame;
        if (fate === "seen") {
          wishSeen(state, frame);
          lastSeen = frame;
          out = null;
        } else if (fate === "lost") {
          wishOver(state, frame.frame);
          out = null;
        } else slow.push(frame.frame);
      }
    }),
    { seed: 9, numRuns: 300 },
  );
});
