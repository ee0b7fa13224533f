/** How a model wants its picture fitted into its input. */
export interface LetterboxRule {
  /**
   * Where the scaled picture lies: in the middle (an odd pixel of padding goes right and down), in the corner, pulled over
   * the whole input whatever its shape, or so large that its shorter side fills the input, of which the middle is seen.
   */
  readonly placement: "centre" | "top-left" | "stretch" | "centre-crop";
  /** How the scaled size becomes whole pixels: Python's `round` (half to even), or `int` (cut off). */
  readonly rounding: "half-even" | "truncate";
  /** Grey level of the padding, 0..255, on all channels. */
  readonly padValue: number;
}

/** The geometry of one picture in one model input. All sizes in px. */
export interface Letterbox {
  /** Input pixels for one source pixel, across and down. They differ where a picture is stretched, and by what rounding to whole pixels does. */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Padding left of and above the content; below 0 where the content goes beyond the input. */
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
 * Fits a picture into an input. A letterbox keeps its shape: scale = min(input height / height, input width / width), up as
 * well as down. The content is at least 1 px wide and high. Any thread.
 * Source: Ultralytics LetterBox (predict, fixed input) for centre and half-even, its classify transforms (torchvision's
 * Resize and CenterCrop) for centre-crop; YOLOX `preproc` for top-left and truncate.
 */
export function letterboxFor(
  rule: LetterboxRule,
  inputWidthPx: number,
  inputHeightPx: number,
  sourceWidthPx: number,
  sourceHeightPx: number,
): Letterbox {
  const sizes = { inputWidthPx, inputHeightPx, sourceWidthPx, sourceHeightPx };
  const [across, down] = [inputWidthPx / sourceWidthPx, inputHeightPx / sourceHeightPx];
  if (rule.placement === "stretch") {
    return { scaleX: across, scaleY: down, leftPx: 0, topPx: 0, contentWidthPx: inputWidthPx, contentHeightPx: inputHeightPx, ...sizes };
  }
  const scale = rule.placement === "centre-crop" ? Math.max(across, down) : Math.min(across, down);
  const whole = rule.rounding === "half-even" ? roundHalfEven : Math.trunc;
  const contentWidthPx = Math.max(1, whole(sourceWidthPx * scale));
  const contentHeightPx = Math.max(1, whole(sourceHeightPx * scale));
  // Ultralytics takes boxes back by what the picture became in whole pixels (since 8.4), YOLOX by the exact ratio.
  const exact = rule.placement === "top-left";
  const [scaleX, scaleY] = exact ? [scale, scale] : [contentWidthPx / sourceWidthPx, contentHeightPx / sourceHeightPx];
  const [leftPx, topPx] = [margin(rule, inputWidthPx - contentWidthPx), margin(rule, inputHeightPx - contentHeightPx)];
  return { scaleX, scaleY, leftPx, topPx, contentWidthPx, contentHeightPx, ...sizes };
}

/** What lies left of or above the content, of all that is left over (below 0: that is too much). */
function margin({ placement }: LetterboxRule, restPx: number): number {
  if (placement === "centre") return Math.floor(restPx / 2);
  return placement === "centre-crop" ? 0 - roundHalfEven(-restPx / 2) : 0;
}

/** Whether two lay the same picture at the same place. They come anew with each task: what counts is what they say. */
export function isSameLetterbox(a: Letterbox, b: Letterbox): boolean {
  return (
    a.sourceWidthPx === b.sourceWidthPx && a.sourceHeightPx === b.sourceHeightPx && a.inputWidthPx === b.inputWidthPx && a.inputHeightPx === b.inputHeightPx &&
    a.contentWidthPx === b.contentWidthPx && a.contentHeightPx === b.contentHeightPx && a.leftPx === b.leftPx && a.topPx === b.topPx
  );
}

/** The rows that hold the picture. */
export function rowsOf({ topPx, contentHeightPx, inputHeightPx }: Pick<Letterbox, "topPx" | "contentHeightPx" | "inputHeightPx">): InputRows {
  return { topPx: Math.max(0, topPx), heightPx: Math.min(contentHeightPx, inputHeightPx) };
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
export function toSource(boxes: Float32Array, count: number, { scaleX, scaleY, leftPx, topPx }: Letterbox): void {
  const [gainX, gainY] = [Math.fround(scaleX), Math.fround(scaleY)];
  for (let at = 0; at < count * 4; at += 2) {
    boxes[at] = Math.fround(boxes[at]! - leftPx) / gainX;
    boxes[at + 1] = Math.fround(boxes[at + 1]! - topPx) / gainY;
  }
}
