import { escaped } from "../core/svg.js";
import { rasterise } from "../picture/index.js";
import type { Stencil } from "./painter.js";

/** Words of a log may be anything; so many are kept. */
const MOST_KEPT = 500;
/** An image of a word is made so wide for each of its letters, in letter heights: no letter is wider. */
const WIDEST_LETTER = 1.3;
/** Height of a line over the height of its letters. */
const LINE_HEIGHT = 1.3;

/** Words as stencils, each made once. */
export interface Letters {
  readonly linePx: number;
  /** The word's stencil; a promise the first time. */
  of(word: string): Stencil | Promise<Stencil>;
}

/** Makes letters of a height, px. */
export function letters(fontPx: number): Letters {
  const linePx = 2 * Math.round((fontPx * LINE_HEIGHT) / 2);
  const known = new Map<string, Stencil>();
  return {
    linePx,
    of: (word) => known.get(word) ?? draw(word, fontPx, linePx).then((made) => {
      if (known.size >= MOST_KEPT) known.delete(known.keys().next().value!);
      known.set(word, made);
      return made;
    }),
  };
}

async function draw(word: string, fontPx: number, linePx: number): Promise<Stencil> {
  const widthPx = Math.ceil((word.length + 1) * fontPx * WIDEST_LETTER);
  const style = `font-family="sans-serif" font-weight="600" font-size="${fontPx}"`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${linePx}"><text x="2" y="${(linePx + fontPx * 0.72) / 2}" ${style}>${escaped(word)}</text></svg>`;
  const { data } = await rasterise(svg, { channels: 4 });
  return trimmed(Uint8Array.from({ length: widthPx * linePx }, (_, i) => data[4 * i + 3]!), widthPx, linePx);
}

/** Without the empty columns at both sides; a word of nothing but these stays one column. */
function trimmed(alpha: Uint8Array, widthPx: number, heightPx: number): Stencil {
  const isEmpty = (x: number): boolean => {
    for (let y = 0; y < heightPx; y += 1) if (alpha[y * widthPx + x]! > 0) return false;
    return true;
  };
  let [from, to] = [0, widthPx];
  while (from < to - 1 && isEmpty(from)) from += 1;
  while (to > from + 1 && isEmpty(to - 1)) to -= 1;
  const width = to - from;
  const cut = new Uint8Array(width * heightPx);
  for (let y = 0; y < heightPx; y += 1) cut.set(alpha.subarray(y * widthPx + from, y * widthPx + to), y * width);
  return { alpha: cut, widthPx: width, heightPx };
}
