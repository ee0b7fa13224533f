/**
 * How a ring lies in its one SharedArrayBuffer. Both threads import this file, so that they build the same views.
 *
 *   word 0     word 1     ...  word n-1    pad to 64    slot 0            slot 1
 *  ┌──────────┬──────────┬────┬───────────┬───────────┬─────────────────┬─────────────────┬ ─ ─
 *  │generation│generation│ .. │generation │ (unused)  │ G plane B R     │ G plane B R     │
 *  └──────────┴──────────┴────┴───────────┴───────────┴─────────────────┴─────────────────┴ ─ ─
 *    Int32, one a slot, written by main only              Uint8, slotBytes each, written by main only
 *
 * Main raises a slot's generation when its lease ends. A reader that still holds the old number knows that the pixels
 * under it are no longer its own. A slot begins with the frame's bytes: planes of the input's rows (as drawn), or a picture as
 * it is, B G R side by side.
 */
export interface RingLayout {
  readonly slots: number;
  /** Bytes of one frame. */
  readonly slotBytes: number;
}

/** Cache line, so that pixels never share one with the words. */
const ALIGN_BYTES = 64;

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGN_BYTES) * ALIGN_BYTES;
}

/** Size of the whole buffer. */
export function ringBytes({ slots, slotBytes }: RingLayout): number {
  return align(slots * Int32Array.BYTES_PER_ELEMENT) + slots * align(slotBytes);
}

/** The generation words, one a slot. */
export function generationWords(memory: SharedArrayBuffer, { slots }: RingLayout): Int32Array {
  return new Int32Array(memory, 0, slots);
}

/** The pixels of one slot. */
export function slotPixels(memory: SharedArrayBuffer, layout: RingLayout, slot: number): Uint8Array {
  const start = align(layout.slots * Int32Array.BYTES_PER_ELEMENT) + slot * align(layout.slotBytes);
  return new Uint8Array(memory, start, layout.slotBytes);
}
