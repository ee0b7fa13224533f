import type { VideoFrame } from "../../core/video-frame.js";

/** Those of the API who look at a stream's pictures. */
export interface PictureWatch {
  /** Calls back with each picture of a stream until disposed. */
  watch(stream: string, onPicture: (picture: VideoFrame) => void): Disposable;
  /** How many watch a stream. */
  count(stream: string): number;
  /** Gives a picture to those who watch. */
  offer(picture: VideoFrame): void;
}

/** Makes it; `changed` is called when `count` may have changed. */
export function pictureWatch(changed: () => void): PictureWatch {
  const watchers = new Set<{ readonly stream: string; readonly onPicture: (picture: VideoFrame) => void }>();
  return {
    watch(stream, onPicture) {
      const one = { stream, onPicture };
      watchers.add(one);
      changed();
      return {
        [Symbol.dispose]() {
          if (watchers.delete(one)) changed();
        },
      };
    },
    count: (stream) => [...watchers].filter((one) => one.stream === stream).length,
    offer(picture) {
      for (const one of watchers) if (one.stream === picture.stream) one.onPicture(picture);
    },
  };
}
