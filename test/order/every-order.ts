import assert from "node:assert/strict";
import type { FrameOutcome, SkipCause } from "../../src/core/frame.js";
import type * as order from "../../src/order/index.js";
import type { Ordered, OrderInput } from "../../src/order/index.js";
import type { World } from "../explore/explore.js";

/** The code that is looked at. */
export type OrderCode = Pick<typeof order, "orderStart" | "orderStep">;

/** One fact about one frame. */
export type Fact = readonly ["announced" | "ended" | SkipCause, number];

const CAUSES = ["busy", "no_slot"] as const;
const WAYS = ["ended", ...CAUSES] as const;

/**
 * Frames 0 to `frames` - 1: announced one after another, and each one ended or skipped for one of two causes at any time
 * after. Their numbers are 3 apart, as where frames in between were never announced.
 */
export function everyOrder({ orderStart, orderStep }: OrderCode, frames: number): World<Fact> {
  const state = orderStart();
  /** What has happened to each announced frame. */
  const fates: (Fact[0] | undefined)[] = [];
  const left: Ordered[] = [];

  const numberOf = (frame: number): number => 3 * frame;
  const inputOf = ([what, frame]: Fact): OrderInput => {
    const number = numberOf(frame);
    if (what === "announced") return { type: "announced", frame: number };
    return what === "ended" ? { type: "ended", outcome: still(number) } : { type: "skipped", frame: number, cause: what };
  };

  return {
    steps: () => [
      ...(fates.length < frames ? [["announced", fates.length] as const] : []),
      ...fates.flatMap((fate, frame) => (fate === undefined ? WAYS.map((way) => [way, frame] as const) : [])),
    ],
    take(fact) {
      const leaving = orderStep(state, inputOf(fact));
      if (fact[0] === "announced") fates.push(undefined);
      else fates[fact[1]] = fact[0];
      left.push(...leaving);
      assert.deepEqual(left.map(({ outcome, skipped }) => ({ frame: outcome.header.frame, skipped })), dueBy(fates, numberOf));
    },
    key: () => JSON.stringify([fates, [...state.waiting], state.skipped, state.lastAnnounced]),
    ended() {
      assert.equal(fates.length, frames);
      assert.equal(state.waiting.size, 0, "frames wait for nothing");
    },
  };
}

/** What must have left by now, told from the fates alone: all before the first frame that is still out, each with the skips right before it. */
function dueBy(fates: readonly (Fact[0] | undefined)[], numberOf: (frame: number) => number): { frame: number; skipped: Ordered["skipped"] }[] {
  const firstOut = fates.indexOf(undefined);
  const over = firstOut < 0 ? fates : fates.slice(0, firstOut);
  return over.flatMap((fate, frame) => {
    if (fate !== "ended") return [];
    const before = over.slice(0, frame);
    const told = before.slice(before.lastIndexOf("ended") + 1);
    const counts = CAUSES.flatMap((cause) => {
      const count = told.filter((one) => one === cause).length;
      return count > 0 ? [[cause, count] as const] : [];
    });
    return [{ frame: numberOf(frame), skipped: counts.length > 0 ? Object.fromEntries(counts) : undefined }];
  });
}

function still(frame: number): FrameOutcome {
  const header = { stream: "s", epoch: 1, frame, ptsMs: null, capturedAtMs: 0, capturedMonoMs: 0, widthPx: 1, heightPx: 1 };
  return { kind: "still", header };
}
