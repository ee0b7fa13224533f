import assert from "node:assert/strict";
import { test } from "node:test";
import * as order from "../../src/order/index.js";
import { explore, toldOf } from "../explore/explore.js";
import { everyOrder } from "./every-order.js";

const FRAMES = 8;

test(`${FRAMES} frames in every order of announced, ended and skipped, 16 steps deep: what leaves is what is due`, (t) => {
  const found = explore(() => everyOrder(order, FRAMES));
  t.diagnostic(toldOf(found));
  assert.equal(found.depth, 2 * FRAMES);
  assert.equal(found.states, (4 ** (FRAMES + 1) - 1) / 3);
});
