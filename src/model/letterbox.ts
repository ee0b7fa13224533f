/** How a model wants its picture fitted into its input. */
export interface LetterboxRule {
  /** Where the scaled picture lies: in the middle (an odd pixel of padding goes right and down), or in the corner. */
  readonly placement: "centre" | "top-left";
  /** How the scaled size becomes whole pixels: Python's `round` (half to even), or `int` (cut off). */
  readonly rounding: "half-even" | "truncate";
  /** Grey level of the padding, 0..255, on all channels. */
  readonly padValue: number;
}

/** The geometry of one picture in one model input. All sizes in px. */
export interface Letterbox {
  /** Input pixels for one source pixel. */
  readonly scale: number;
  /** Padding left of and above the content. */
  readonly leftPx: number;
  readonly topPx: number;
  /** Size of the scaled picture. */
  readonly contentWidthPx: number;
  readonly contentHeightPx: number;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  readonly sourceWidthPx: number;
  readonly sourceHeightPx: number;
}

/** The rows of an input between which a picture lies. Above and below there is only padding, which never has to travel. */
export interface InputRows {
  readonly topPx: number;
  readonly heightPx: number;
}

/** Rounds to the nearest whole number, halves to the even one, as Python's `round` does. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Fits a picture into an input without changing its shape: scale = min(input height / height, input width / width),
 * up as well as down. The content is at least 1 px wide and high. Any thread.
 * Source: Ultralytics LetterBox (predict, fixed input) for centre and half-even; YOLOX `preproc` for top-left and
 * truncate.
 */
export function letterboxFor(
  rule: LetterboxRule,
  inputWidthPx: number,
  inputHeightPx: number,
  sourceWidthPx: number,
  sourceHeightPx: number,
): Letterbox {
  const scale = Math.min(inputHeightPx / sourceHeightPx, inputWidthPx / sourceWidthPx);
  const whole = rule.rounding === "half-even" ? roundHalfEven : Math.trunc;
  const contentWidthPx = Math.max(1, whole(sourceWidthPx * scale));
  const contentHeightPx = Math.max(1, whole(sourceHeightPx * scale));
  const centred = rule.placement === "centre";
  return {
    scale,
    leftPx: centred ? Math.floor((inputWidthPx - contentWidthPx) / 2) : 0,
    topPx: centred ? Math.floor((inputHeightPx - contentHeightPx) / 2) : 0,
    contentWidthPx,
    contentHeightPx,
    inputWidthPx,
    inputHeightPx,
    sourceWidthPx,
    sourceHeightPx,
  };
}

/** The rows that hold the picture. */
export function rowsOf({ topPx, contentHeightPx }: Letterbox): InputRows {
  return { topPx, heightPx: contentHeightPx };
}

/**
 * Fits a picture into some rows of an input, by the same rule: for a picture that changes its size while the rows of
 * the first size are what is sent. Its content may come out smaller than `letterboxFor` would make it.
 */
export function letterboxWithin(
  rule: LetterboxRule,
  inputWidthPx: number,
  inputHeightPx: number,
  rows: InputRows,
  sourceWidthPx: number,
  sourceHeightPx: number,
): Letterbox {
  const inner = letterboxFor(rule, inputWidthPx, rows.heightPx, sourceWidthPx, sourceHeightPx);
  return { ...inner, topPx: rows.topPx + inner.topPx, inputHeightPx };
}

/**
 * Takes boxes from the model's input back into the source picture, in float32: (x - left) / scale. Not clipped.
 * boxes   Float32Array, count x 4: x1, y1, x2, y2 in input px; overwritten with source px
 */
export function toSource(boxes: Float32Array, count: number, { scale, leftPx, topPx }: Letterbox): void {
  const gain = Math.fround(scale);
  for (let at = 0; at < count * 4; at += 2) {
    boxes[at] = Math.fround(boxes[at]! - leftPx) / gain;
    boxes[at + 1] = Math.fround(boxes[at + 1]! - topPx) / gain;
  }
}
