import type { FrameInfo } from "./stderr.js";

/** What became of a decoded frame within FFmpeg. */
export interface FrameFate {
  readonly info: FrameInfo;
  /** Whether its pixels are sent. */
  readonly isKept: boolean;
  /** Whether a picture for people is made of it. */
  readonly hasPicture: boolean;
}

/**
 * Joins the lines of the showinfos that stand before what thins (`all`), behind it (`kept`) and before the picture's scaler
 * (`seen`). FFmpeg takes a frame all the way before it begins the next one, and the picture's branch is the first:
 *
 *   all 0, seen 0, kept 0, all 1, all 2, kept 2
 *
 * So a frame is known to be kept with its own line, and to be left out with the next one's. A graph that thins nothing has one
 * showinfo without a name (`only`).
 */
export interface FateReader {
  take(info: FrameInfo): void;
  /** No line will come any more. */
  end(): void;
}

/** Makes it. `onFate` is called once a frame, in their order. */
export function fateReader(onFate: (fate: FrameFate) => void): FateReader {
  let open: FrameInfo | undefined;
  let hasPicture = false;
  const end = (): void => {
    if (open) onFate({ info: open, isKept: false, hasPicture: false });
    open = undefined;
  };
  return {
    take(info) {
      if (info.at === "seen") {
        hasPicture = true;
        return;
      }
      if (info.at === "all") {
        end();
        open = info;
        hasPicture = false;
        return;
      }
      const { n } = open ?? info;
      open = undefined;
      onFate({ info: { ...info, n }, isKept: true, hasPicture });
      hasPicture = false;
    },
    end,
  };
}
