import type { FrameRing, SlotLease } from "../ring/index.js";

/** One frame's pixels have gone by: in a slot, or past us because there was none. */
export interface RawFrame {
  readonly lease: SlotLease | undefined;
  /** Clocks at the frame's first byte. */
  readonly capturedAtMs: number;
  readonly capturedMonoMs: number;
}

/** Where the bytes go. */
export interface RawFramesOptions {
  readonly ring: FrameRing;
  /** Bytes of one frame, at most a slot's. */
  readonly frameBytes: number;
  /** Wait for a slot (true) or let the bytes go by (false). */
  readonly lossless: boolean;
  /** Both clocks, asked once a frame. */
  readonly now: () => { capturedAtMs: number; capturedMonoMs: number };
  readonly onFrame: (frame: RawFrame) => void;
}

/**
 * Cuts a byte stream into frames of `frameBytes`, copying each chunk straight into the leased slot: nothing
 * is concatenated, and a frame without a slot costs no memory.
 */
export interface RawFrames {
  /**
   * Takes a chunk. Returns what could not be placed: the caller stops reading, and pushes it again once a slot is free.
   * Always undefined when not lossless.
   */
  push(chunk: Uint8Array): Uint8Array | undefined;
  /** Bytes of a frame that never became whole. Gives its slot back. */
  discardPartial(): number;
}

/** Makes a cutter for one stream of bytes. */
export function cutFrames({ ring, frameBytes, lossless, now, onFrame }: RawFramesOptions): RawFrames {
  let filled = 0;
  let lease: SlotLease | undefined;
  let captured = { capturedAtMs: 0, capturedMonoMs: 0 };

  return {
    push(chunk) {
      let from = 0;
      while (from < chunk.length) {
        if (filled === 0) {
          lease = ring.lease();
          if (lease === undefined && lossless) return chunk.subarray(from);
          captured = now();
        }
        const take = Math.min(chunk.length - from, frameBytes - filled);
        lease?.pixels.set(chunk.subarray(from, from + take), filled);
        from += take;
        filled += take;
        if (filled === frameBytes) {
          filled = 0;
          onFrame({ lease, ...captured });
        }
      }
      return undefined;
    },
    discardPartial() {
      const lost = filled;
      if (filled > 0) lease?.[Symbol.dispose]();
      filled = 0;
      return lost;
    },
  };
}
