import type { Size } from "./viewport.js";

/** Columns of a grid and the width of its tiles. */
export interface TileFit {
  readonly columns: number;
  readonly tileWidthPx: number;
}

/** What a tile has under its picture, px. */
const CAPTION_PX = 70;
const GAP_PX = 16;
const PHONE_GAP_PX = 12;
const SHAPE = 16 / 9;
/** Smaller tiles can't be read: then the page scrolls. */
const LEAST_WIDTH_PX = 290;

/** The columns with which tiles become largest while all of them are seen at once; on a phone one column. */
export function fitTiles(tiles: number, { width, height }: Size, isPhone: boolean): TileFit {
  if (isPhone) return { columns: width > 560 && tiles > 1 ? 2 : 1, tileWidthPx: Math.floor(width > 560 && tiles > 1 ? (width - PHONE_GAP_PX) / 2 : width) };
  const most = Math.max(1, tiles);
  const widthWith = (columns: number): number => (width - (columns - 1) * GAP_PX) / columns;
  const fitted = Array.from({ length: most }, (_, i) => {
    const [columns, rows] = [i + 1, Math.ceil(most / (i + 1))];
    const byHeight = ((height - (rows - 1) * GAP_PX) / rows - CAPTION_PX) * SHAPE;
    return { columns, tileWidthPx: Math.floor(Math.min(widthWith(columns), byHeight)) };
  });
  const best = fitted.reduce((a, b) => (b.tileWidthPx > a.tileWidthPx ? b : a));
  if (best.tileWidthPx >= LEAST_WIDTH_PX) return best;
  const columns = Math.max(1, Math.min(most, Math.floor((width + GAP_PX) / (LEAST_WIDTH_PX + GAP_PX)), 4));
  return { columns, tileWidthPx: Math.floor(widthWith(columns)) };
}
