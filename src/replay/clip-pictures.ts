import type { Clip, ClipFrame, ClipFrames } from "../source/index.js";
import type { FrameRecord } from "../wire/index.js";

/** Finds the frame of a clip that a record is of. One call at a time. */
export interface ClipPictures extends AsyncDisposable {
  /** undefined: the clip has no such frame. */
  of(record: Pick<FrameRecord, "frame" | "ptsMs">): Promise<ClipFrame | undefined>;
}

/** Which frame: by its media time where there is one, else by its number from the begin. */
interface Wanted {
  readonly ptsMs: number | null;
  readonly number: number;
}

/** A frame that was read; its number is known when reading began at the begin. */
interface Read {
  readonly frame: ClipFrame;
  readonly number: number | null;
}

/** Media times of the same frame differ by what a time base rounds, ms. */
const SAME_MS = 1;
/** So far it is read on: to seek costs FFmpeg's start and the way from a key frame, some 100 ms. */
const READ_ON_MS = 4000;
const READ_ON_FRAMES = 100;
/** A container without an index is left too late by FFmpeg's seek: then it begins so much earlier, ms. */
const EARLIER_MS = 10_000;

/** Opens a clip's frames for records in whatever order; reading on is cheap, and what was read last stays. */
export function clipPictures(clip: Clip): ClipPictures {
  let frames: ClipFrames | undefined;
  let last: Read | undefined;
  let isWhole = false;
  /** Frames in all, once it is known. */
  let count = clip.probe.countIsExact ? clip.probe.expectedFrames : null;

  const begin = async (fromMs: number | null): Promise<void> => {
    await frames?.[Symbol.asyncDispose]();
    frames = clip.frames(fromMs);
    isWhole = fromMs === null;
    last = undefined;
  };
  const next = async (): Promise<Read | undefined> => {
    const frame = await frames?.next();
    const number = isWhole ? (last?.number ?? -1) + 1 : null;
    if (frame) return (last = { frame, number });
    if (number !== null) count = number;
    return undefined;
  };
  const readTo = async (wanted: Wanted): Promise<ClipFrame | undefined> => {
    for (let read = last ?? (await next()); read; read = await next()) {
      const way = wayTo(wanted, read);
      if (way === 0) return read.frame;
      if (way < 0) return undefined;
    }
    return undefined;
  };
  const find = async (wanted: Wanted): Promise<ClipFrame | undefined> => {
    const found = frames && last && isNear(wanted, last) ? await readTo(wanted) : undefined;
    if (found) return found;
    const { ptsMs } = wanted;
    const starts = ptsMs === null ? [null] : [ptsMs - SAME_MS, ptsMs - EARLIER_MS, null].filter((fromMs) => fromMs === null || fromMs > 0);
    for (const fromMs of starts) {
      await begin(fromMs);
      const there = await readTo(wanted);
      if (there) return there;
    }
    return undefined;
  };
  /** A file that was played again and again has the frames of later rounds under higher numbers. */
  const ofRound = ({ frame }: Pick<FrameRecord, "frame">): Wanted | undefined => (count !== null && count > 0 && frame >= count ? { ptsMs: null, number: frame % count } : undefined);
  return {
    async of(record) {
      const round = ofRound(record);
      if (round) return find(round);
      const found = await find({ ptsMs: record.ptsMs, number: record.frame });
      // Only its end has told how many frames there are.
      const later = found ? undefined : ofRound(record);
      return later ? find(later) : found;
    },
    async [Symbol.asyncDispose]() {
      await frames?.[Symbol.asyncDispose]();
    },
  };
}

/** How far the frame lies ahead, ms or frames: 0 = it is the one, below 0 = it does not come any more. */
function wayTo(wanted: Wanted, { frame, number }: Read): number {
  if (wanted.ptsMs !== null && frame.ptsMs !== null) {
    const aheadMs = wanted.ptsMs - frame.ptsMs;
    return Math.abs(aheadMs) <= SAME_MS ? 0 : aheadMs;
  }
  return number === null ? -1 : wanted.number - number;
}

function isNear(wanted: Wanted, read: Read): boolean {
  const way = wayTo(wanted, read);
  const most = wanted.ptsMs !== null && read.frame.ptsMs !== null ? READ_ON_MS : READ_ON_FRAMES;
  return way >= 0 && way <= most;
}
