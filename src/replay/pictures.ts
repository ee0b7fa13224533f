import type { Clock } from "../core/clock.js";
import type { VideoFrame } from "../core/video-frame.js";
import { encodeJpeg, yuv420ToRgb } from "../picture/index.js";
import { pictureSize, type Clip, type YuvPicture } from "../source/index.js";
import type { FrameRecord } from "../wire/index.js";
import { clipPictures } from "./clip-pictures.js";

/** Pictures of the records that are shown, while somebody watches. */
export interface ReplayPictures extends AsyncDisposable {
  /** A record was shown. Its picture follows, unless the last one is not long ago; `isStill`: in any case, nothing comes after it for now. */
  follow(record: FrameRecord, isStill: boolean): void;
  /** Shows the pictures of the last records again: somebody came, or nothing comes after them for now. */
  again(): void;
  /** What comes next is of another place: what is being made is not wanted any more. */
  forget(): void;
}

/** What pictures are made of and for. */
export interface PictureOptions {
  /** By stream; those without a clip get an empty picture. */
  readonly clips: ReadonlyMap<string, Clip>;
  /** Greatest width, px. */
  readonly widthPx: number;
  /** Most of a stream in a second while it plays. */
  readonly fps: number;
  readonly watchers: (stream: string) => number;
  readonly publish: (picture: VideoFrame) => void;
  /** A record's frame is not in its clip; once for each stream. */
  readonly misfit: (record: FrameRecord, clip: Clip) => void;
}

/** As for live pictures: no blocks to be seen at 640 px. */
const JPEG_QUALITY = 75;
/** Of a picture that is not there: what stands around the picture on the page. */
const EMPTY_GREY = 24;
/** A clip that lacks so many frames one after another is another one. */
const MOST_MISFITS = 3;

/** Makes them: one at a time for each stream; of those that come meanwhile the newest is next. */
export function replayPictures(options: PictureOptions, clock: Clock): ReplayPictures {
  const streams = new Map<string, StreamPictures>();
  const of = (stream: string): StreamPictures => {
    let one = streams.get(stream);
    if (!one) streams.set(stream, (one = streamPictures(options.clips.get(stream), options, clock)));
    return one;
  };
  return {
    follow: (record, isStill) => of(record.stream).follow(record, isStill),
    again: () => streams.forEach((one) => one.again()),
    forget: () => streams.forEach((one) => one.forget()),
    async [Symbol.asyncDispose]() {
      await Promise.all([...streams.values()].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

type StreamPictures = ReplayPictures;

function streamPictures(clip: Clip | undefined, options: PictureOptions, clock: Clock): StreamPictures {
  const make = jpegMaker(clip, options);
  let last: FrameRecord | undefined;
  let waiting: FrameRecord | undefined;
  let working: Promise<void> | undefined;
  let dueMs = -Infinity;
  let places = 0;

  const work = async (): Promise<void> => {
    for (let record = waiting; record; record = waiting) {
      waiting = undefined;
      const mine = places;
      const picture = await make.of(record).catch(() => undefined);
      if (picture && mine === places) options.publish(picture);
    }
    working = undefined;
  };
  const want = (record: FrameRecord): void => {
    waiting = record;
    working ??= work();
  };
  return {
    follow(record, isStill) {
      last = record;
      const nowMs = clock.monotonicMs();
      if (options.watchers(record.stream) === 0 || (!isStill && nowMs < dueMs)) return;
      dueMs = Math.max(dueMs, nowMs - 1000 / options.fps) + 1000 / options.fps;
      want(record);
    },
    again() {
      if (last && options.watchers(last.stream) > 0) want(last);
    },
    forget() {
      places += 1;
      waiting = last = undefined;
      dueMs = -Infinity;
    },
    async [Symbol.asyncDispose]() {
      waiting = undefined;
      places += 1;
      await make[Symbol.asyncDispose]();
      await working;
    },
  };
}

/** Makes the picture of a record; of a clip that does not fit, empty ones. */
function jpegMaker(clip: Clip | undefined, { widthPx, misfit }: PictureOptions) {
  const frames = clip && clipPictures(clip);
  let misfits = 0;
  let empty: { readonly key: string; readonly jpeg: Promise<Buffer> } | undefined;
  const emptyJpeg = (size: { readonly widthPx: number; readonly heightPx: number }): Promise<Buffer> => {
    const key = `${size.widthPx}x${size.heightPx}`;
    if (empty?.key !== key) empty = { key, jpeg: encodeJpeg({ ...size, data: Buffer.alloc(size.widthPx * size.heightPx * 3, EMPTY_GREY), channels: 3 }, JPEG_QUALITY) };
    return empty.jpeg;
  };
  return {
    async of(record: FrameRecord): Promise<VideoFrame> {
      const { stream, epoch, frame, ptsMs } = record;
      const found = misfits < MOST_MISFITS ? await frames?.of(record) : undefined;
      if (clip && !found && misfits === 0) misfit(record, clip);
      misfits = found ? 0 : misfits + 1;
      const size = found ?? pictureSize(record, widthPx);
      const jpeg = await (found ? jpegOf(found) : emptyJpeg(size));
      return { stream, epoch, frame, ptsMs, widthPx: size.widthPx, heightPx: size.heightPx, lookedAt: true, jpeg };
    },
    [Symbol.asyncDispose]: async () => frames?.[Symbol.asyncDispose](),
  };
}

async function jpegOf({ widthPx, heightPx, yuv420, colours }: YuvPicture): Promise<Buffer> {
  const data = new Uint8Array(widthPx * heightPx * 3);
  yuv420ToRgb(yuv420, colours, widthPx, heightPx, data);
  return encodeJpeg({ data, widthPx, heightPx, channels: 3 }, JPEG_QUALITY);
}
