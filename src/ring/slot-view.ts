import { generationWords, slotPixels, type RingLayout } from "./layout.js";

/** A worker's sight of one ring. */
export interface RingView {
  readonly slotBytes: number;
  /** The pixels of a slot; read only. */
  pixels(slot: number): Uint8Array;
  /** Whether the slot still belongs to the frame that was announced under this generation. */
  isCurrent(slot: number, generation: number): boolean;
}

/** Opens a ring in another thread. Keeps one view a slot, so that reading a frame allocates nothing. */
export function viewRing(memory: SharedArrayBuffer, layout: RingLayout): RingView {
  const generations = generationWords(memory, layout);
  const views = Array.from({ length: layout.slots }, (_, slot) => slotPixels(memory, layout, slot));
  return {
    slotBytes: layout.slotBytes,
    pixels(slot) {
      const view = views[slot];
      if (view === undefined) throw new RangeError(`slot ${slot} of ${layout.slots}`);
      return view;
    },
    isCurrent: (slot, generation) => Atomics.load(generations, slot) === generation,
  };
}

/** The rings that a reader has met, each under its number. */
export interface RingViews {
  /** The ring with this number: opened when it is met for the first time, and when its slots have grown. */
  of(ring: { readonly ringId: number; readonly memory: SharedArrayBuffer; readonly layout: RingLayout }): RingView;
  forget(ringId: number): void;
  forgetAll(): void;
}

/** Knows none yet. */
export function ringViews(): RingViews {
  const views = new Map<number, RingView>();
  return {
    of({ ringId, memory, layout }) {
      let view = views.get(ringId);
      // Memory that was posted can't be told from other memory; a ring that has other memory has larger slots.
      if (view?.slotBytes !== layout.slotBytes) views.set(ringId, (view = viewRing(memory, layout)));
      return view;
    },
    forget: (ringId) => void views.delete(ringId),
    forgetAll: () => views.clear(),
  };
}

/**
 * Lets `copy` take the pixels of a frame out of its slot, in another thread than the writer's. Returns whether they are that
 * frame's. False when the slot was given back before or meanwhile: then what was copied may be parts of two frames.
 */
export function readSlot(ring: RingView, slot: number, generation: number, copy: (pixels: Uint8Array) => void): boolean {
  if (!ring.isCurrent(slot, generation)) return false;
  copy(ring.pixels(slot));
  return ring.isCurrent(slot, generation);
}
