import type { Clock } from "../core/clock.js";
import type { FrameHeader } from "../core/frame.js";
import type { Gateway } from "../gateway/index.js";
import { encodeJpeg, yuv420ToRgb } from "../picture/index.js";
import type { Source, YuvPicture } from "../source/index.js";

/** JPEG quality of pictures for people, 1..100: no blocks to be seen at 640 px, 25 to 50 kB. */
const JPEG_QUALITY = 75;

/** Sends pictures of frames that have an outcome, while somebody watches. */
export interface PictureSender extends Disposable {
  /** Whether somebody watches now. */
  readonly watched: boolean;
  /** Called when a frame's record has left: its picture may follow. */
  published(header: FrameHeader): void;
}

/** Connects a source's pictures to the gateway. At most one picture is being encoded; later ones meanwhile are left out. */
export function pictureSender(
  stream: string,
  source: Source,
  gateway: Gateway | null,
  maxFps: number,
  clock: Clock,
): PictureSender {
  let watched = false;
  let encoding = false;
  let nextMs = -Infinity;
  let rgb = new Uint8Array(0);

  const update = (): void => {
    watched = (gateway?.watchers(stream) ?? 0) > 0;
    source.watch(watched);
  };
  const listening = gateway?.onWatchersChange(update);
  update();

  async function send(header: FrameHeader, picture: YuvPicture): Promise<void> {
    const { widthPx, heightPx, yuv420, colours } = picture;
    const bytes = widthPx * heightPx * 3;
    if (rgb.length !== bytes) rgb = new Uint8Array(bytes);
    yuv420ToRgb(yuv420, colours, widthPx, heightPx, rgb);
    const jpeg = await encodeJpeg({ data: rgb, widthPx, heightPx, channels: 3 }, JPEG_QUALITY);
    const { epoch, frame, ptsMs } = header;
    gateway?.publishPicture({ stream, epoch, frame, ptsMs, widthPx, heightPx, lookedAt: true, jpeg });
  }

  return {
    get watched() {
      return watched;
    },
    published(header) {
      if (!watched || gateway === null) return;
      source.takePicture(header.frame, (picture) => {
        const now = clock.monotonicMs();
        // A file may run faster than a person can look. A period of grace: frames do not come on the clock's beat, and one
        // that was late must not cost the next. The mean stays.
        if (encoding || now < nextMs - 1000 / maxFps) return;
        nextMs = Math.max(nextMs + 1000 / maxFps, now);
        encoding = true;
        void send(header, picture)
          .catch(() => undefined)
          .finally(() => (encoding = false));
      });
    },
    [Symbol.dispose]: () => listening?.[Symbol.dispose](),
  };
}
