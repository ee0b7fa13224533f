import type { Socket } from "node:net";
import { chance } from "./chance.js";
import type { WireState } from "./wire.js";

/** One direction of one connection. */
export interface Pump {
  set(state: WireState): void;
}

const TICK_MS = 20;

/** How many of the bytes in hand go now. */
function portion(state: WireState, inHand: number, random: () => number): number {
  switch (state.kind) {
    case "freeze":
      return 0;
    case "slow":
      return Math.min(inHand, Math.max(1, Math.round((state.bytesPerSecond * TICK_MS) / 1000)));
    case "slice":
      return Math.min(inHand, 1 + Math.floor(random() * state.mostBytes));
    case "pass":
    case "refuse":
    case "silent":
      return inHand;
  }
}

/** Moves bytes one way. What is not sent yet stays in the sending side's socket but for one piece in hand. */
export function pump(from: Socket, to: Socket, moved: (bytes: number) => void): Pump {
  let state: WireState = { kind: "pass" };
  let hand: Buffer = Buffer.alloc(0);
  let random = chance(0);
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const run = (): void => {
    clearTimeout(timer);
    timer = undefined;
    // Nobody is left to take what is in hand.
    if (to.destroyed) hand = Buffer.alloc(0);
    const bytes = portion(state, hand.length, random);
    if (bytes > 0) {
      moved(bytes);
      to.write(hand.subarray(0, bytes));
      hand = hand.subarray(bytes);
    }
    if (hand.length === 0) settle();
    else if (state.kind === "slow") timer = setTimeout(run, TICK_MS);
    // The next piece in the next turn, so that the kernel sends this one by itself.
    else if (state.kind === "slice") setImmediate(run);
  };
  const settle = (): void => {
    if (ended) to.end();
    else if (state.kind !== "freeze") from.resume();
  };

  from.on("data", (data) => {
    from.pause();
    hand = Buffer.concat([hand, data]);
    run();
  });
  from.on("end", () => {
    ended = true;
    if (hand.length === 0) settle();
  });
  from.on("close", () => {
    clearTimeout(timer);
    // A side that was lost takes the other with it; one that ended has said so above.
    if (!ended) to.destroy();
  });
  return {
    set(next) {
      state = next;
      if (next.kind === "slice") random = chance(next.seed);
      if (next.kind === "freeze") from.pause();
      run();
    },
  };
}
