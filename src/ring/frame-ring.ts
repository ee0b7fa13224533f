import { invariant } from "../core/invariant.js";
import { generationWords, ringBytes, slotPixels, type RingLayout } from "./layout.js";

/**
 * The right to one slot. The holder writes the pixels, hands slot and generation to a worker, and disposes when nobody
 * will read them again. Disposing twice is a bug and throws.
 */
export interface SlotLease extends Disposable, RingMemory {
  readonly slot: number;
  readonly generation: number;
  /** The slot's own bytes; only the holder writes. */
  readonly pixels: Uint8Array;
}

/** Where a slot lies, for a reader in another thread. */
export interface RingMemory {
  readonly memory: SharedArrayBuffer;
  readonly layout: RingLayout;
}

/** Shared-memory slots for the frames of one stream. Main thread only; workers look through `openSlot`. */
export interface FrameRing extends RingMemory {
  /** How many leases are out. 0 when everything was given back. */
  readonly outstanding: number;
  /** Takes a free slot; undefined when all are out. */
  lease(): SlotLease | undefined;
  /** Calls back once, at the next time a lease is given back. One waiter at a time: the ring has one writer. */
  onceFree(callback: () => void): void;
  /**
   * Makes slots of at least so many bytes, where they are smaller: all in new memory, for the leases from now on. Those that
   * are out keep theirs until they are given back, and count as before.
   */
  grow(slotBytes: number): void;
}

/** Makes a ring. Its bound is `slots`, whatever the size of one. */
export function createRing(layout: RingLayout): FrameRing {
  let slots = makeSlots(layout);
  let outstanding = 0;
  let waiter: (() => void) | undefined;

  function release({ generations, free }: Slots, slot: number, generation: number): void {
    invariant(Atomics.load(generations, slot) === generation, `slot ${slot} given back twice`);
    Atomics.add(generations, slot, 1);
    free.push(slot);
    outstanding -= 1;
    const callback = waiter;
    waiter = undefined;
    callback?.();
  }

  return {
    get memory() {
      return slots.memory;
    },
    get layout() {
      return slots.layout;
    },
    get outstanding() {
      return outstanding;
    },
    lease() {
      const mine = slots;
      // Of memory that was given up some may still be out: together they are no more than there are slots.
      const slot = outstanding < mine.layout.slots ? mine.free.pop() : undefined;
      const pixels = slot === undefined ? undefined : mine.views[slot];
      if (slot === undefined || pixels === undefined) return undefined;
      const generation = Atomics.load(mine.generations, slot);
      outstanding += 1;
      return { slot, generation, pixels, memory: mine.memory, layout: mine.layout, [Symbol.dispose]: () => release(mine, slot, generation) };
    },
    onceFree(callback) {
      invariant(waiter === undefined, "two writers wait for one ring");
      waiter = callback;
    },
    grow(slotBytes) {
      if (slotBytes > slots.layout.slotBytes) slots = makeSlots({ slots: slots.layout.slots, slotBytes });
    },
  };
}

interface Slots extends RingMemory {
  readonly generations: Int32Array;
  readonly views: readonly Uint8Array[];
  readonly free: number[];
}

function makeSlots(layout: RingLayout): Slots {
  invariant(layout.slots > 0 && layout.slotBytes > 0, `a ring needs slots of some bytes, got ${JSON.stringify(layout)}`);
  const memory = new SharedArrayBuffer(ringBytes(layout));
  return {
    memory, layout,
    generations: generationWords(memory, layout),
    views: Array.from({ length: layout.slots }, (_, slot) => slotPixels(memory, layout, slot)),
    free: Array.from({ length: layout.slots }, (_, slot) => layout.slots - 1 - slot),
  };
}
