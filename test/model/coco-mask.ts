/** Bits of a number that one letter of COCO's compressed run lengths carries; a sixth says that more follow. */
const BITS = 5;
const MORE = 0x20;
const SIGN = 0x10;
/** Letters start at "0". */
const FIRST_LETTER = 48;
/** From here on a run is written as its difference to the run two before. */
const FIRST_DIFFERENCE = 3;

/** Run lengths of COCO's compressed string. Source of the form: cocoapi, maskApi.c (`rleFrString`). */
export function runLengths(counts: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let value = 0;
    let shift = 0;
    for (let more = true; more; at += 1, shift += BITS) {
      const letter = counts.charCodeAt(at) - FIRST_LETTER;
      if (!(letter >= 0 && letter < 2 * MORE)) throw new Error(`no letter of run lengths at ${at}: ${counts}`);
      more = (letter & MORE) !== 0;
      value += (letter & (MORE - 1)) * 2 ** shift;
      if (!more && (letter & SIGN) !== 0) value -= 2 ** (shift + BITS);
    }
    if (runs.length >= FIRST_DIFFERENCE) value += runs.at(-2)!;
    runs.push(value);
  }
  return runs;
}

/** A mask as one byte a pixel, column by column as COCO runs, 1 inside. */
export function maskOf(counts: string, widthPx: number, heightPx: number): Uint8Array {
  const mask = new Uint8Array(widthPx * heightPx);
  let at = 0;
  for (const [i, run] of runLengths(counts).entries()) {
    if (run < 0 || at + run > mask.length) throw new Error(`runs leave the picture of ${widthPx}x${heightPx} px`);
    if (i % 2 === 1) mask.fill(1, at, at + run);
    at += run;
  }
  if (at !== mask.length) throw new Error(`runs end at ${at} of ${mask.length} pixels`);
  return mask;
}

export function areaOf(mask: Uint8Array): number {
  return mask.reduce((sum, inside) => sum + inside, 0);
}

/** Intersection over union; 1 for two empty masks. */
export function maskIou(one: Uint8Array, other: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < one.length; i += 1) {
    both += one[i]! & other[i]!;
    either += one[i]! | other[i]!;
  }
  return either === 0 ? 1 : both / either;
}
