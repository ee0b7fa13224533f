import type { readSlot, RingView } from "../../src/ring/index.js";

/** A worker in the middle of reading one slot. */
export interface SteppedReader {
  /** Goes on by one look at shared memory. Returns what the read came to, or undefined while there is more to do. */
  step(): boolean | undefined;
  /** What was copied so far. */
  readonly copied: Uint8Array;
  /** What it has seen so far, for telling one state from another. */
  seen(): string;
}

/** Ends a run of the reader in front of what it has not done yet. */
const LATER = new Error("later");

/**
 * The real reader, one look at shared memory a step: a question for the generation, or a copy of one byte. It is run anew
 * for each step and told what it saw before, so that others can move in the middle of it.
 */
export function steppedReader(read: typeof readSlot, ring: RingView, slot: number, generation: number): SteppedReader {
  const copied = new Uint8Array(ring.pixels(slot).length);
  const seen: boolean[] = [];

  function run(): boolean {
    let at = 0;
    let isFresh = true;
    const look = (now: () => boolean): boolean => {
      if (at === seen.length) {
        if (!isFresh) throw LATER;
        isFresh = false;
        seen.push(now());
      }
      return seen[at++] ?? false;
    };
    const watched: RingView = { ...ring, pixels: (of) => ring.pixels(of), isCurrent: (of, under) => look(() => ring.isCurrent(of, under)) };
    return read(watched, slot, generation, (pixels) => {
      for (const part of copied.keys()) {
        look(() => {
          copied[part] = pixels[part] ?? 0;
          return true;
        });
      }
    });
  }

  return {
    copied,
    seen: () => `${slot}/${generation}:${seen.map(Number).join("")}:${copied.join()}`,
    step() {
      try {
        return run();
      } catch (error) {
        if (error === LATER) return undefined;
        throw error;
      }
    },
  };
}
