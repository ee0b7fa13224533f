import { invariant } from "../core/invariant.js";
import { generationWords, ringBytes, slotPixels, type RingLayout } from "./layout.js";

/**
 * The right to one slot. The holder writes the pixels, hands slot and generation to a worker, and disposes when nobody
 * will read them again. Disposing twice is a bug and throws.
 */
export interface SlotLease extends Disposable {
  readonly slot: number;
  readonly generation: number;
  /** The slot's own bytes; only the holder writes. */
  readonly pixels: Uint8Array;
}

/** Shared-memory slots for the frames of one stream. Main thread only; workers look through `openSlot`. */
export interface FrameRing {
  readonly memory: SharedArrayBuffer;
  readonly layout: RingLayout;
  /** How many leases are out. 0 when everything was given back. */
  readonly outstanding: number;
  /** Takes a free slot; undefined when all are out. */
  lease(): SlotLease | undefined;
  /** Calls back once, at the next time a lease is given back. One waiter at a time: the ring has one writer. */
  onceFree(callback: () => void): void;
}

/** Makes a ring. Its bound is `slots`: nothing here ever grows. */
export function createRing(layout: RingLayout): FrameRing {
  invariant(layout.slots > 0 && layout.slotBytes > 0, `a ring needs slots of some bytes, got ${JSON.stringify(layout)}`);
  const memory = new SharedArrayBuffer(ringBytes(layout));
  const generations = generationWords(memory, layout);
  const views = Array.from({ length: layout.slots }, (_, slot) => slotPixels(memory, layout, slot));
  const free = Array.from({ length: layout.slots }, (_, slot) => layout.slots - 1 - slot);
  let waiter: (() => void) | undefined;

  function release(slot: number, generation: number): void {
    invariant(Atomics.load(generations, slot) === generation, `slot ${slot} given back twice`);
    Atomics.add(generations, slot, 1);
    free.push(slot);
    const callback = waiter;
    waiter = undefined;
    callback?.();
  }

  return {
    memory,
    layout,
    get outstanding() {
      return layout.slots - free.length;
    },
    lease() {
      const slot = free.pop();
      const pixels = slot === undefined ? undefined : views[slot];
      if (slot === undefined || pixels === undefined) return undefined;
      const generation = Atomics.load(generations, slot);
      return { slot, generation, pixels, [Symbol.dispose]: () => release(slot, generation) };
    },
    onceFree(callback) {
      invariant(waiter === undefined, "two writers wait for one ring");
      waiter = callback;
    },
  };
}
