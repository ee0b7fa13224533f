import assert from "node:assert/strict";
import { test } from "node:test";
import * as order from "../../src/order/index.js";
import * as ring from "../../src/ring/index.js";
import * as rx from "../../src/rx/index.js";
import { explore, toldOf } from "../explore/explore.js";
import { mutant, type Edit } from "../explore/mutant.js";
import type { LeaseCode, LeasePlan } from "./lease-stream.js";
import { leaseWorld } from "./lease-world.js";

const REAL: LeaseCode = { ...ring, ...rx, ...order };
const FILE: LeasePlan = { slots: 3, workers: 2, parts: 2, streams: [{ frames: 4, live: false, leaves: false }], givenBack: "answer" };
const LIVE: LeasePlan = { ...FILE, slots: 2, streams: [{ frames: 4, live: true, leaves: true }] };
const TWO: LeasePlan = { ...FILE, slots: 2, streams: [{ frames: 2, live: false, leaves: false }, { frames: 1, live: true, leaves: true }] };
/** As where workers are processes. */
const COPIED: LeasePlan = { ...FILE, slots: 2, streams: [{ frames: 4, live: false, leaves: true }], givenBack: "copied" };
/** Enough for what a mistake needs. */
const SMALL: LeasePlan = { ...FILE, slots: 2, workers: 1, streams: [{ frames: 3, live: false, leaves: true }] };
/** Slots are given back at the deadline, so that a writer is in a slot that a worker reads: only the generation tells. */
const EARLY: LeasePlan = { ...FILE, slots: 2, streams: [{ frames: 3, live: false, leaves: true }], givenBack: "late" };

for (const [what, plan, states, depth] of [
  ["4 frames of a file in 3 slots, 2 workers, answers late or not: every order, 39 steps deep", FILE, 10_000, 39],
  ["4 frames of a live stream in 2 slots, 2 workers, answers late or not, stopped at any moment: every order, 39 steps deep", LIVE, 6_400, 39],
  ["2 streams in 2 slots each, 2 workers, one may leave: every order, 28 steps deep", TWO, 3_600, 28],
  ["4 frames in 2 slots, copied for 2 workers that share no memory, stopped at any moment: every order, 24 steps deep", COPIED, 1_800, 24],
  ["slots given back too early, 3 frames in 2 slots: every order, 27 steps deep, no torn read goes unnoticed", EARLY, 7_400, 27],
] as const) {
  test(what, (t) => {
    const found = explore(() => leaseWorld(REAL, plan));
    t.diagnostic(toldOf(found));
    // Fewer would mean that something can't happen any more that could.
    assert.ok(found.states >= states && found.depth === depth, toldOf(found));
  });
}

const RING = "ring/frame-ring.js";
const READER = "ring/slot-view.js";
const ADMIT = "rx/admit.js";

/** Writes a frame under the generation of the one before, which is raised only when the new one is handed on. */
const WRITES_BEFORE_IT_RAISES: readonly Edit[] = [
  ["Atomics.add(generations, slot, 1);", ""],
  ["const generation = Atomics.load", "let generation = Atomics.load"],
  ["{ slot, generation, pixels, memory", "{ slot, get generation() { return generation = Atomics.add(mine.generations, slot, 1) + 1; }, pixels, memory"],
];

for (const [mistake, file, edits, plan, seen] of [
  ["a writer that writes before it raises the generation", RING, WRITES_BEFORE_IT_RAISES, EARLY, /torn/],
  ["a generation that is never raised", RING, [["Atomics.add(generations, slot, 1);", ""]], EARLY, /torn/],
  ["a reader that does not ask again after it has read", READER, [["return ring.isCurrent(slot, generation);", "return true;"]], EARLY, /torn/],
  ["a slot that is given back at `late` instead of at the answer", ADMIT, [["if (isFree)", "if (isFree ||= true)"], ["if (isOut)", "if (false)"]], SMALL, /was gone before it was read/],
  ["a slot that is free before its frame is counted out", ADMIT, [["if (isOut)", "if (true)"], ["if (isFree)", "if (false)"]], SMALL, /in the house/],
  ["a slot that is given back at `late` and again at the answer", ADMIT, [["if (isFree)", "if (true)"]], SMALL, /given back twice|was gone/],
  ["a slot that is lost where the answer comes before the outcome", ADMIT, [["isFree = true;", "isFree = isOut;"]], SMALL, /a slot is lost|it hangs/],
  ["a slot that is lost when it is given back", RING, [["free.push(slot);", ""]], SMALL, /a slot is lost|it hangs/],
  ["a writer that is not woken", RING, [["callback?.();", ""]], SMALL, /it hangs/],
  ["frames that wait and are forgotten at the stop", ADMIT, [['this.#skip(frame, "stopped");\n        this.#completeWhenDone', "this.#completeWhenDone"]], SMALL, /frame|slot/],
] as const) {
  test(`found: ${mistake}`, async () => {
    const code = { ...REAL, ...(await mutant<Partial<LeaseCode>>(file, ...edits)) };
    assert.throws(() => explore(() => leaseWorld(code, plan)), seen);
  });
}
