import type { YuvColours } from "../picture/index.js";
import type { YuvPicture } from "./source.js";

/** Most raw pictures kept at once, about a second of them: those of frames that wait for their look. The oldest goes first. */
const KEPT_PICTURES = 16;

/** Cuts the picture stream and keeps a few pictures under their frame numbers, while somebody watches. */
export interface PictureShelf {
  /** Says that the next picture of the stream belongs to this frame. Called in frame order. */
  expect(frame: number): void;
  push(chunk: Uint8Array): void;
  watch(watched: boolean): void;
  /** Delivers the frame's picture now, or when it arrives. */
  take(frame: number, deliver: (picture: YuvPicture) => void): void;
}

/** Bytes of a 4:2:0 picture; odd sizes round the chroma planes up. */
export function yuv420Bytes(widthPx: number, heightPx: number): number {
  return widthPx * heightPx + 2 * Math.ceil(widthPx / 2) * Math.ceil(heightPx / 2);
}

/** Size of the pictures for people: the source's own shape, never enlarged. */
export function pictureSize({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }, limitPx: number): { widthPx: number; heightPx: number } {
  const scale = Math.min(1, limitPx / widthPx);
  return { widthPx: Math.max(1, Math.round(widthPx * scale)), heightPx: Math.max(1, Math.round(heightPx * scale)) };
}

/** Makes the shelf for pictures of one size and kind. Unwatched, bytes go by uncopied. */
export function pictureShelf(widthPx: number, heightPx: number, colours: YuvColours): PictureShelf {
  const bytes = yuv420Bytes(widthPx, heightPx);
  // Numbers come from stderr, pixels from their own pipe: either may be ahead of the other by a few.
  const numbers: number[] = [];
  const arrived: (Uint8Array | undefined)[] = [];
  const kept = new Map<number, Uint8Array>();
  const wanted = new Map<number, (picture: YuvPicture) => void>();
  let watched = false;
  let filled = 0;
  let current: Uint8Array | undefined;

  function pair(): void {
    while (numbers.length > 0 && arrived.length > 0) {
      const frame = numbers.shift();
      const picture = arrived.shift();
      if (frame === undefined) continue;
      const deliver = wanted.get(frame);
      wanted.delete(frame);
      if (picture === undefined) continue;
      if (deliver) deliver({ widthPx, heightPx, yuv420: picture, colours });
      else keep(kept, frame, picture);
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
      if (on) return;
      kept.clear();
      wanted.clear();
    },
    take(frame, deliver) {
      const yuv420 = kept.get(frame);
      kept.delete(frame);
      if (yuv420) deliver({ widthPx, heightPx, yuv420, colours });
      else if (numbers.includes(frame)) keep(wanted, frame, deliver);
    },
  };
}

/** Adds to a map of at most KEPT_PICTURES; the oldest goes. */
function keep<T>(map: Map<number, T>, frame: number, value: T): void {
  map.set(frame, value);
  const oldest = map.keys().next().value;
  if (map.size > KEPT_PICTURES && oldest !== undefined) map.delete(oldest);
}
