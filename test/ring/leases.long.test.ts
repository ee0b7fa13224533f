import assert from "node:assert/strict";
import { test } from "node:test";
import * as order from "../../src/order/index.js";
import * as ring from "../../src/ring/index.js";
import * as rx from "../../src/rx/index.js";
import { explore, toldOf } from "../explore/explore.js";
import type { LeaseCode, LeasePlan } from "./lease-stream.js";
import { leaseWorld } from "./lease-world.js";

const REAL: LeaseCode = { ...ring, ...rx, ...order };
const FILE: LeasePlan = { slots: 3, workers: 2, parts: 2, streams: [{ frames: 6, live: false, leaves: false }], givenBack: "answer" };

for (const [what, plan, states, depth] of [
  ["6 frames of a file in 3 slots, 2 workers: every order, 59 steps deep", FILE, 120_000, 59],
  ["2 live streams of 2 frames in 2 slots each, 2 workers, both may leave: every order, 38 steps deep", { ...FILE, slots: 2, streams: [{ frames: 2, live: true, leaves: true }, { frames: 2, live: true, leaves: true }] }, 29_000, 38],
  ["slots given back too early, 4 frames in 3 slots: every order, 36 steps deep, no torn read goes unnoticed", { ...FILE, streams: [{ frames: 4, live: false, leaves: true }], givenBack: "late" }, 67_000, 36],
] as const satisfies readonly (readonly [string, LeasePlan, number, number])[]) {
  test(what, (t) => {
    const found = explore(() => leaseWorld(REAL, plan));
    t.diagnostic(toldOf(found));
    assert.ok(found.states >= states && found.depth === depth, toldOf(found));
  });
}
