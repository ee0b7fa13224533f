/** Size of a mask and its runs. */
export interface Mask {
  /** Height, width, px. */
  readonly size: readonly [number, number];
  /** COCO's compressed run lengths, column by column, the first run is of pixels outside. */
  readonly counts: string;
}

/** Five bits a character, the sixth says that more follow. */
const BITS = 5;
const MORE = 0x20;
const NEGATIVE = 0x10;
const FIRST_CHARACTER = 48;

/** Run lengths of COCO's compressed form: from the third on each is a difference to the one two before. */
export function runsOf(counts: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let value = 0;
    let shift = 0;
    let part: number;
    do {
      part = counts.charCodeAt(at) - FIRST_CHARACTER;
      value |= (part & 0x1f) << shift;
      shift += BITS;
      at += 1;
    } while (part & MORE && at < counts.length);
    if (part & NEGATIVE) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + runs.at(-2)! : value);
  }
  return runs;
}

/**
 * Calls back for each straight piece of the mask: column, first row, row behind the last, in the mask's pixels. Columns
 * ascend. Runs beyond the mask's size, as a wrong sender could write, are cut.
 */
export function eachPiece({ size: [height, width], counts }: Mask, piece: (x: number, top: number, bottom: number) => void): void {
  let at = 0;
  let inside = false;
  for (const run of runsOf(counts)) {
    const end = Math.min(at + Math.max(0, run), height * width);
    while (inside && at < end) {
      const x = Math.floor(at / height);
      const columnEnd = Math.min(end, (x + 1) * height);
      piece(x, at - x * height, columnEnd - x * height);
      at = columnEnd;
    }
    at = end;
    inside = !inside;
  }
}
