import type { YuvPicture } from "./source.js";

/** Most raw pictures kept at once: those of frames still in the house. The oldest goes first. */
const KEPT_PICTURES = 8;

/** Cuts the picture stream and keeps a few pictures under their frame numbers, while somebody watches. */
export interface PictureShelf {
  /** Says that the next picture of the stream belongs to this frame. Called in frame order. */
  expect(frame: number): void;
  push(chunk: Uint8Array): void;
  watch(watched: boolean): void;
  take(frame: number): YuvPicture | undefined;
}

/** Bytes of a 4:2:0 picture; odd sizes round the chroma planes up. */
export function yuv420Bytes(widthPx: number, heightPx: number): number {
  return widthPx * heightPx + 2 * Math.ceil(widthPx / 2) * Math.ceil(heightPx / 2);
}

/** Makes the shelf for pictures of one size. Unwatched, bytes go by uncopied. */
export function pictureShelf(widthPx: number, heightPx: number): PictureShelf {
  const bytes = yuv420Bytes(widthPx, heightPx);
  // Numbers come from stderr, pixels from their own pipe: either may be ahead of the other by a few.
  const numbers: number[] = [];
  const arrived: (Uint8Array | undefined)[] = [];
  const kept = new Map<number, Uint8Array>();
  let watched = false;
  let filled = 0;
  let current: Uint8Array | undefined;

  function pair(): void {
    while (numbers.length > 0 && arrived.length > 0) {
      const frame = numbers.shift();
      const picture = arrived.shift();
      if (frame === undefined || picture === undefined) continue;
      kept.set(frame, picture);
      const oldest = kept.keys().next().value;
      if (kept.size > KEPT_PICTURES && oldest !== undefined) kept.delete(oldest);
    }
  }

  return {
    expect(frame) {
      numbers.push(frame);
      pair();
    },
    push(chunk) {
      for (let from = 0; from < chunk.length; ) {
        if (filled === 0) current = watched ? new Uint8Array(bytes) : undefined;
        const take = Math.min(chunk.length - from, bytes - filled);
        current?.set(chunk.subarray(from, from + take), filled);
        from += take;
        filled += take;
        if (filled < bytes) continue;
        filled = 0;
        arrived.push(current);
        pair();
      }
    },
    watch(on) {
      watched = on;
      if (!on) kept.clear();
    },
    take(frame) {
      const yuv420 = kept.get(frame);
      kept.delete(frame);
      return yuv420 && { widthPx, heightPx, yuv420 };
    },
  };
}
