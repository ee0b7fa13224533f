/*
 * COCO's compressed run lengths, the form in which masks travel. A mask is read column by column; its runs are lengths of
 * 0, of 1, of 0, ... (the first may be 0). From the fourth on, the difference to the run before the last is written. A
 * number is written in groups of 5 bits, the lowest first, each as the character 48 + group, with 32 more where another
 * group follows. Source: pycocotools' maskApi.c (rleToString, rleFrString).
 */
const GROUP_BITS = 5;
const MORE = 0x20;
const SIGN = 0x10;
const FIRST_CHARACTER = 48;
/** A run has as many pixels as a picture at most: seven groups hold 2^34. */
const MOST_GROUPS = 7;

/** Size of a mask and its runs. */
export interface Mask {
  /** Height, width, px. */
  readonly size: readonly [number, number];
  /** Its runs as text. */
  readonly counts: string;
}

/** Writes the first `count` runs. */
export function packRuns(runs: Uint32Array, count: number): string {
  let text = "";
  for (let i = 0; i < count; i += 1) {
    let rest = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (let isMore = true; isMore; ) {
      const group = rest & (MORE - 1);
      rest >>= GROUP_BITS;
      isMore = (group & SIGN) === 0 ? rest !== 0 : rest !== -1;
      text += String.fromCharCode(FIRST_CHARACTER + group + (isMore ? MORE : 0));
    }
  }
  return text;
}

/** Reads the runs of a mask of `area` pixels; undefined when the text is none, or goes beyond them. */
export function unpackRuns(text: string, area: number): Uint32Array | undefined {
  const runs: number[] = [];
  let sum = 0;
  for (let at = 0; at < text.length; ) {
    let value = 0;
    for (let group = 0, isMore = true; isMore; group += 1, at += 1) {
      const bits = text.charCodeAt(at) - FIRST_CHARACTER;
      if (!(bits >= 0 && bits < 2 * MORE) || group === MOST_GROUPS) return undefined;
      value += (bits & (MORE - 1)) * 2 ** (GROUP_BITS * group);
      isMore = (bits & MORE) !== 0;
      if (!isMore && (bits & SIGN) !== 0) value -= 2 ** (GROUP_BITS * (group + 1));
    }
    if (runs.length > 2) value += runs[runs.length - 2]!;
    sum += value;
    if (value < 0 || sum > area) return undefined;
    runs.push(value);
  }
  return runs.length > 0 ? Uint32Array.from(runs) : undefined;
}

/** Calls back for each stretch of a mask's pixels that lies in one column: rows `fromY` to `toY`, without the latter. Columns ascend. */
export function eachStretch(runs: Uint32Array, heightPx: number, take: (x: number, fromY: number, toY: number) => void): void {
  let at = runs[0] ?? 0;
  for (let i = 1; i < runs.length; i += 2) {
    for (const end = at + runs[i]!; at < end; ) {
      const x = Math.floor(at / heightPx);
      const stop = Math.min(end, (x + 1) * heightPx);
      take(x, at - x * heightPx, stop - x * heightPx);
      at = stop;
    }
    at += runs[i + 1] ?? 0;
  }
}

/** The same for a mask as it stands in a record. One that can't be, as a wrong sender could write, has no pixels. */
export function eachPiece({ size: [heightPx, widthPx], counts }: Mask, take: (x: number, fromY: number, toY: number) => void): void {
  const runs = unpackRuns(counts, heightPx * widthPx);
  if (runs) eachStretch(runs, heightPx, take);
}

/** The same drawn at another size: calls back for each stretch of that size's columns. */
export function eachPieceAt(mask: Mask, widthPx: number, heightPx: number, take: (x: number, fromY: number, toY: number) => void): void {
  const [scaleX, scaleY] = [widthPx / mask.size[1], heightPx / mask.size[0]];
  eachPiece(mask, (x, fromY, toY) => {
    const [top, bottom] = [Math.round(fromY * scaleY), Math.round(toY * scaleY)];
    const end = Math.round((x + 1) * scaleX);
    for (let column = Math.round(x * scaleX); column < end; column += 1) take(column, top, bottom);
  });
}
