import { svgPage, svgText } from "../core/svg.js";
import type { Confusion } from "./confusion.js";

/** The drawing's cells share so much, px; they are never larger than the one and never smaller than the other. */
const CELLS_PX = 960;
const [SMALLEST_CELL_PX, LARGEST_CELL_PX] = [13, 64];
/** Numbers stand in cells that have room for them. */
const LEAST_CELL_WITH_NUMBER_PX = 30;
const NAMES_PX = 132;
const TOP_PX = 66;
const EDGE_PX = 24;
const LONGEST_NAME = 20;
/** Of its row's objects so large a share makes a cell dark enough for white letters. */
const DARK_FROM = 0.55;
/** From no colour to Okabe and Ito's blue. */
const [PALE, FULL] = [[255, 255, 255], [0, 94, 150]] as const;
const WRONG = [196, 78, 0] as const;
const NOT_FOUND = "(not found)";
const NOT_THERE = "(nothing there)";

/**
 * What was taken for what as an SVG document: a row for each true class, a column for each found one, coloured by its share of
 * the row: blue what is right, orange what is not. Pure.
 * labels  names by class number
 */
export function confusionSvg({ classIds, counts, scoreLeast, iouLeast }: Confusion, labels: readonly string[]): string {
  const lines = classIds.length + 1;
  const cell = Math.floor(Math.min(LARGEST_CELL_PX, Math.max(SMALLEST_CELL_PX, CELLS_PX / lines)));
  const fontPx = Math.min(12, cell - 2);
  const nameOf = (i: number, last: string): string => short(i === classIds.length ? last : (labels[classIds[i]!] ?? String(classIds[i])));
  const left = NAMES_PX;
  const top = TOP_PX + NAMES_PX;
  const parts = counts.flatMap((row, r) => {
    const sum = row.reduce((total, count) => total + count, 0);
    const y = top + r * cell;
    return [
      svgText(left - 6, y + cell / 2 + fontPx / 3, nameOf(r, NOT_THERE), `text-anchor="end" font-size="${fontPx}"`),
      ...row.flatMap((count, c) => cellOf({ x: left + c * cell, y, cell, count, share: sum === 0 ? 0 : count / sum, isRight: r === c })),
    ];
  });
  const heads = counts.map((_, c) => svgText(0, 0, nameOf(c, NOT_FOUND), `font-size="${fontPx}" transform="translate(${left + c * cell + cell / 2 + fontPx / 3} ${top - 6}) rotate(-90)"`));
  const widthPx = Math.max(left + lines * cell + EDGE_PX, 640);
  return svgPage({ widthPx, heightPx: top + lines * cell + EDGE_PX, leftPx: EDGE_PX, title: "What was taken for what" }, [
    svgText(EDGE_PX, 44, `rows: what is there; columns: what was found, with a score of ${scoreLeast} or more and IoU of ${iouLeast} or more`),
    ...heads,
    ...parts,
    `<rect x="${left}" y="${top}" width="${lines * cell}" height="${lines * cell}" fill="none" stroke="#888"/>`,
  ]);
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly cell: number;
  readonly count: number;
  readonly share: number;
  readonly isRight: boolean;
}

function cellOf({ x, y, cell, count, share, isRight }: Cell): string[] {
  const box = `<rect x="${x}" y="${y}" width="${cell}" height="${cell}" fill="${tint(share, isRight ? FULL : WRONG)}" stroke="#e4e4e4"/>`;
  if (count === 0 || cell < LEAST_CELL_WITH_NUMBER_PX) return [box];
  const words = count < 10_000 ? String(count) : `${Math.round(count / 1000)}k`;
  return [box, svgText(x + cell / 2, y + cell / 2 + 4, words, `text-anchor="middle" font-size="11" fill="${share > DARK_FROM ? "#fff" : "#222"}"`)];
}

/** Something is never as pale as nothing. */
function tint(share: number, full: readonly number[]): string {
  const depth = share === 0 ? 0 : 0.12 + 0.88 * share;
  return `rgb(${PALE.map((from, i) => Math.round(from + (full[i]! - from) * depth)).join(",")})`;
}

const short = (name: string): string => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);
