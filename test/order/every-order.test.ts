import assert from "node:assert/strict";
import { test } from "node:test";
import * as order from "../../src/order/index.js";
import { explore, toldOf } from "../explore/explore.js";
import { mutant } from "../explore/mutant.js";
import { everyOrder, type OrderCode } from "./every-order.js";

const FRAMES = 5;

test(`${FRAMES} frames in every order of announced, ended and skipped, 10 steps deep: what leaves is what is due`, (t) => {
  const found = explore(() => everyOrder(order, FRAMES));
  t.diagnostic(toldOf(found));
  assert.equal(found.depth, 2 * FRAMES);
  // Announced so far: a; each of them is out, ended or skipped for one of two causes. The sum of 4^a for a = 0 to 5.
  assert.equal(found.states, (4 ** (FRAMES + 1) - 1) / 3);
});

for (const [mistake, from, to] of [
  ["a frame leaves before its turn", "break;", "continue;"],
  ["skips are told again with the next frame", "state.skipped = undefined;", ""],
  ["of two skips one is told", "?? 0) + 1 }", "?? 1) }"],
  ["frames stay when they have left", "state.waiting.delete(number);", ""],
  ["a skipped frame is forgotten, not awaited", "return settle(state, input.frame, input.cause);", "return (state.waiting.delete(input.frame), NOTHING);"],
] as const) {
  test(`found: ${mistake}`, async () => {
    const code = await mutant<OrderCode>("order/reorder.js", [from, to]);
    assert.throws(() => explore(() => everyOrder(code, FRAMES)), { name: "Counterexample" });
  });
}
