import type { Clock } from "../core/clock.js";
import type { FrameHeader } from "../core/frame.js";
import type { Gateway } from "../gateway/index.js";
import { encodeJpeg, yuv420ToRgb } from "../picture/index.js";
import type { Source, YuvPicture } from "../source/index.js";

/** JPEG quality of pictures for people, 1..100: no blocks to be seen at 640 px, 25 to 50 kB. */
const JPEG_QUALITY = 75;
/** Most pictures of frames that were sent to a worker and have not left. The oldest goes first. */
const MOST_HELD = 32;
/** Frames leave in bursts. What was left out in so long a time may follow at once; the mean stays, ms. */
const CATCH_UP_MS = 1000;

/** Sends pictures of frames that have an outcome, while somebody watches. */
export interface PictureSender extends Disposable {
  /** Whether somebody watches now. */
  readonly watched: boolean;
  /** Called when a frame that has a picture goes to a worker: from here on its picture is kept until the frame leaves. */
  lookBegins(header: FrameHeader): void;
  /** Called when a frame's record has left: its picture may follow. */
  published(header: FrameHeader): void;
}

/** A frame's picture, and whether the frame has left; whichever comes last sends it. */
interface Held {
  picture: YuvPicture | undefined;
  isPublished: boolean;
}

/** Connects a source's pictures to the gateway. One picture is encoded at a time, and the newest waits. */
export function pictureSender(
  stream: string,
  source: Source,
  gateway: Gateway | null,
  maxFps: number,
  clock: Clock,
): PictureSender {
  let watched = false;
  const held = new Map<number, Held>();
  const isDue = lenientPace(maxFps, clock);
  const encode = pictureEncoder(stream, (picture) => gateway?.publishPicture(picture));

  const update = (): void => {
    watched = (gateway?.watchers(stream) ?? 0) > 0;
    source.watch(watched);
    if (!watched) held.clear();
  };
  const listening = gateway?.onWatchersChange(update);
  update();

  const sendWhenWhole = (header: FrameHeader, { picture, isPublished }: Held): void => {
    if (!picture || !isPublished) return;
    held.delete(header.frame);
    if (isDue()) encode(header, picture);
  };
  return {
    get watched() {
      return watched;
    },
    lookBegins(header) {
      if (!watched) return;
      const half: Held = { picture: undefined, isPublished: false };
      held.set(header.frame, half);
      if (held.size > MOST_HELD) held.delete(held.keys().next().value!);
      source.takePicture(header.frame, (picture) => {
        half.picture = picture;
        sendWhenWhole(header, half);
      });
    },
    published(header) {
      const half = held.get(header.frame);
      if (!half) return;
      half.isPublished = true;
      sendWhenWhole(header, half);
    },
    [Symbol.dispose]: () => listening?.[Symbol.dispose](),
  };
}

/** Lets `maxFps` a second through: a file may run faster than a person can look. */
function lenientPace(maxFps: number, clock: Clock): () => boolean {
  let nextMs = -Infinity;
  return () => {
    const now = clock.monotonicMs();
    if (now < nextMs - CATCH_UP_MS) return false;
    nextMs = Math.max(nextMs, now) + 1000 / maxFps;
    return true;
  };
}

type Picture = Parameters<Gateway["publishPicture"]>[0];

/** Makes JPEGs, one at a time; of those that come meanwhile the newest is next. */
function pictureEncoder(stream: string, made: (picture: Picture) => void): (header: FrameHeader, picture: YuvPicture) => void {
  let rgb = new Uint8Array(0);
  let isEncoding = false;
  let waiting: readonly [FrameHeader, YuvPicture] | undefined;

  async function encode({ epoch, frame, ptsMs }: FrameHeader, { widthPx, heightPx, yuv420, colours }: YuvPicture): Promise<void> {
    const bytes = widthPx * heightPx * 3;
    if (rgb.length !== bytes) rgb = new Uint8Array(bytes);
    yuv420ToRgb(yuv420, colours, widthPx, heightPx, rgb);
    const jpeg = await encodeJpeg({ data: rgb, widthPx, heightPx, channels: 3 }, JPEG_QUALITY);
    made({ stream, epoch, frame, ptsMs, widthPx, heightPx, lookedAt: true, jpeg });
  }

  async function encodeAll(): Promise<void> {
    isEncoding = true;
    for (let next = waiting; next; next = waiting) {
      waiting = undefined;
      await encode(...next).catch(() => undefined);
    }
    isEncoding = false;
  }

  return (header, picture) => {
    waiting = [header, picture];
    if (!isEncoding) void encodeAll();
  };
}
