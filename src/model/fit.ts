import { isSameLetterbox, rowsOf, type Letterbox } from "./letterbox.js";
import type { InputForm } from "./preprocess.js";
import { makeLinearResize, type Resize } from "./resize.js";

/**
 * What a frame's bytes are. fitted: planes G, B, R of the input's rows that hold it, as FFmpeg has scaled it. source: the
 * picture at its own size, B G R of each pixel side by side, to be fitted by who runs the model.
 */
export type PixelForm = "fitted" | "source";

/** Greatest picture that is taken at its own size: 8K. Beyond it memory would be asked for that a stream's slots can't have. */
export const MOST_SOURCE_BYTES = 3 * 7680 * 4320;

/** How many bytes such a frame has. */
export function frameBytes(form: PixelForm, letterbox: Pick<Letterbox, "inputWidthPx" | "inputHeightPx" | "topPx" | "contentHeightPx" | "sourceWidthPx" | "sourceHeightPx">): number {
  if (form === "source") return 3 * letterbox.sourceWidthPx * letterbox.sourceHeightPx;
  return 3 * letterbox.inputWidthPx * rowsOf(letterbox).heightPx;
}

/** Fits pictures at their own size into a model's input. One for each instance: its memory is used again. */
export interface Fitter {
  /**
   * bgr   the picture, `letterbox.sourceWidthPx` x `sourceHeightPx`, B G R of each pixel side by side; may be shared memory
   * @returns planes G, B, R of the rows that hold it, valid until the next call
   */
  fit(bgr: Uint8Array, letterbox: Letterbox): Uint8Array;
}

/** Resizes as the references do (see `makeLinearResize`); the border is the letterbox's. */
export function makeFitter({ letterbox: { padValue } }: Pick<InputForm, "letterbox">): Fitter {
  let prepared: Prepared | undefined;
  return {
    fit(bgr, letterbox) {
      if (prepared === undefined || !isSameLetterbox(prepared.letterbox, letterbox)) prepared = prepare(letterbox, padValue);
      const { planes, resize, offset } = prepared;
      resize(bgr, planes, offset, letterbox.inputWidthPx, planes.length / 3);
      return planes;
    },
  };
}

interface Prepared {
  readonly letterbox: Letterbox;
  readonly planes: Uint8Array;
  readonly resize: Resize;
  /** Of the first pixel in each plane. */
  readonly offset: number;
}

function prepare(letterbox: Letterbox, padValue: number): Prepared {
  const { inputWidthPx, leftPx, topPx, contentWidthPx, contentHeightPx, sourceWidthPx, sourceHeightPx } = letterbox;
  // What goes beyond the input is not drawn.
  const part = {
    leftPx: Math.max(0, -leftPx), topPx: Math.max(0, -topPx),
    widthPx: Math.min(contentWidthPx, inputWidthPx), heightPx: rowsOf(letterbox).heightPx,
  };
  return {
    letterbox,
    planes: new Uint8Array(frameBytes("fitted", letterbox)).fill(padValue),
    resize: makeLinearResize({ fromWidthPx: sourceWidthPx, fromHeightPx: sourceHeightPx, toWidthPx: contentWidthPx, toHeightPx: contentHeightPx, part }),
    offset: Math.max(0, leftPx),
  };
}
