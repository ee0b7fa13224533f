import type { FrameRecord } from "../wire/index.js";

/** A picture that waits for its record, or needs none. `Image` is what is drawn and must be given back. */
export interface WaitingPicture<Image> {
  readonly epoch: number;
  readonly frame: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly lookedAt: boolean;
  readonly image: Image;
}

/** A picture with its own record; null for a frame that was not looked at. */
export interface Pair<Image> {
  readonly picture: WaitingPicture<Image>;
  readonly record: FrameRecord | null;
}

/** Brings the pictures and records of one stream together. Bounded; what is left out is given to `discard`. */
export interface Pairing<Image> {
  picture(picture: WaitingPicture<Image>): void;
  record(record: FrameRecord): void;
  /** The newest pair that is newer than the last one taken; older pictures are discarded. The image is the caller's then. */
  take(): Pair<Image> | undefined;
  /** Forgets everything: the connection is new, and frame numbers may begin again. */
  reset(): void;
}

/** Pictures come ten a second and wait for one frame's inference; records may run ahead of a slow picture by seconds. */
const MAX_PICTURES = 8;
const MAX_RECORDS = 512;

/** Makes an empty pairing. A picture is never paired with another frame's record, and never shown without its own. */
export function pairing<Image>(discard: (image: Image) => void): Pairing<Image> {
  let pictures: WaitingPicture<Image>[] = [];
  const records = new Map<number, FrameRecord>();
  let takenFrame = -1;

  const recordOf = ({ frame, epoch }: WaitingPicture<Image>): FrameRecord | undefined => {
    const record = records.get(frame);
    return record?.epoch === epoch ? record : undefined;
  };
  const forgetUpTo = (taken: WaitingPicture<Image>): void => {
    for (const waiting of pictures) if (waiting.frame <= taken.frame && waiting !== taken) discard(waiting.image);
    pictures = pictures.filter((waiting) => waiting.frame > taken.frame);
    for (const recorded of records.keys()) if (recorded <= taken.frame) records.delete(recorded);
  };
  return {
    picture(picture) {
      if (picture.frame <= takenFrame) return discard(picture.image);
      pictures.push(picture);
      if (pictures.length > MAX_PICTURES) discard(pictures.shift()!.image);
    },
    record(record) {
      if (record.frame <= takenFrame) return;
      records.set(record.frame, record);
      if (records.size > MAX_RECORDS) records.delete(records.keys().next().value!);
    },
    take() {
      let best: Pair<Image> | undefined;
      for (const picture of pictures) {
        const record = picture.lookedAt ? recordOf(picture) : null;
        if (record !== undefined && picture.frame > (best?.picture.frame ?? takenFrame)) best = { picture, record };
      }
      if (!best) return undefined;
      takenFrame = best.picture.frame;
      forgetUpTo(best.picture);
      return best;
    },
    reset() {
      for (const { image } of pictures) discard(image);
      pictures = [];
      records.clear();
      takenFrame = -1;
    },
  };
}
