import { letterboxFor, MOST_SOURCE_BYTES, type InputForm, type Letterbox } from "../model/index.js";
import { readStill } from "../picture/index.js";
import type { FrameRing, SlotLease } from "../ring/index.js";

/** Most pixels of a picture that travels at its own size. */
const MOST_WHOLE_PIXELS = MOST_SOURCE_BYTES / 3;

/** A still picture at its own size, for who fits it to the model elsewhere. */
export interface WholePicture {
  /** Writes it into a slot, B, G, R side by side, and says where it will lie in the input. */
  fill(lease: SlotLease): Letterbox;
}

/**
 * Reads a still picture at its own size; the ring's slots take it from here on.
 * mostPixels  a picture with more is refused before any of them is decoded, as is one with more than a slot may have
 * @throws as `readStill`
 */
export async function readWhole(path: string, { letterbox, inputWidthPx, inputHeightPx }: Pick<InputForm, "letterbox" | "inputWidthPx" | "inputHeightPx">, ring: FrameRing, mostPixels = MOST_WHOLE_PIXELS): Promise<WholePicture> {
  const { data, widthPx, heightPx } = await readStill(path, (width, height) => ({ widthPx: width, heightPx: height }), Math.min(mostPixels, MOST_WHOLE_PIXELS));
  ring.grow(data.length);
  return {
    fill({ pixels }) {
      for (let i = 0; i < data.length; i += 3) {
        pixels[i] = data[i + 2]!;
        pixels[i + 1] = data[i + 1]!;
        pixels[i + 2] = data[i]!;
      }
      return letterboxFor(letterbox, inputWidthPx, inputHeightPx, widthPx, heightPx);
    },
  };
}
