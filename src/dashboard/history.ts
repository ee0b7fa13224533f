import type { FrameRecord } from "../wire/index.js";
import type { Pair } from "./pairing.js";

/** A pair that was shown, with the picture still compressed. */
export interface KeptPair {
  readonly epoch: number;
  readonly frame: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly lookedAt: boolean;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly record: FrameRecord | null;
}

/** The last pairs shown, to go back to. Bounded in number and in bytes. */
export interface PairHistory {
  add(pair: Pair<{ readonly jpeg: Uint8Array<ArrayBuffer> }>): void;
  readonly length: number;
  /** The pair `back` before the newest (0 = newest); undefined beyond the ends. */
  at(back: number): KeptPair | undefined;
}

/** Ten seconds of pictures. */
const MOST_PAIRS = 100;
const MOST_BYTES = 4 * 1024 * 1024;

/** Makes an empty history. */
export function pairHistory(): PairHistory {
  let kept: KeptPair[] = [];
  let bytes = 0;
  return {
    add({ picture, record }) {
      const { epoch, frame, widthPx, heightPx, lookedAt, image } = picture;
      kept.push({ epoch, frame, widthPx, heightPx, lookedAt, jpeg: image.jpeg, record });
      bytes += image.jpeg.byteLength;
      let gone = 0;
      while (kept.length - gone > MOST_PAIRS || (bytes > MOST_BYTES && kept.length - gone > 1)) bytes -= kept[gone++]!.jpeg.byteLength;
      if (gone > 0) kept = kept.slice(gone);
    },
    get length() {
      return kept.length;
    },
    at: (back) => kept[kept.length - 1 - back],
  };
}
