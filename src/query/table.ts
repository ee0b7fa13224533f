import type { Answer, Cell, ColumnKind } from "./duckdb.js";

/** How a table is written. */
export interface TableOptions {
  /** Cells are cut so that a line is no longer; Infinity = never. */
  readonly columns: number;
  /** Names of columns as words with their unit (`p95_ms` is `p95 ms`), as ready reports have them. */
  readonly asWords: boolean;
}

const BETWEEN = "  ";
/** A text column is never cut to less. */
const LEAST_WIDTH = 8;
const MOST_DECIMALS = 3;
const NOTHING = "-";

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly isNumber: boolean;
}

/** An answer as lines of text: a header, a rule, the rows. Numbers stand under each other by their decimal point. Pure. */
export function tableText({ columns, rows }: Answer, { columns: widest, asWords }: TableOptions): string[] {
  const made = columns.map(({ name, kind }, i) => columnOf(name, kind, rows.map((row) => row[i] ?? null), asWords));
  const widths = fitting(made, widest);
  const line = (cells: readonly string[]): string =>
    cells.map((cell, i) => (made[i]!.isNumber ? cut(cell, widths[i]!).padStart(widths[i]!) : cut(cell, widths[i]!).padEnd(widths[i]!))).join(BETWEEN).trimEnd();
  return [line(made.map(({ title }) => title)), widths.map((width) => "─".repeat(width)).join(BETWEEN), ...rows.map((_, r) => line(made.map(({ cells }) => cells[r]!)))];
}

/** Unit at the end of a name to how it is read. */
const UNITS: Readonly<Record<string, string>> = { percent: "%" };

/** A column's name as words: `objects_per_frame` is `objects per frame`. */
export function titleOf(name: string): string {
  const words = name.split("_");
  const last = words.pop() ?? "";
  return [...words, UNITS[last] ?? last].join(" ");
}

function columnOf(name: string, kind: ColumnKind, cells: readonly Cell[], asWords: boolean): Column {
  const title = asWords ? titleOf(name) : name;
  if (kind === "time") return { title: `${title} (UTC)`, cells: timesOf(cells), isNumber: false };
  if (kind !== "number") return { title, cells: cells.map(textOf), isNumber: false };
  const decimals = Math.max(0, ...cells.map((cell) => (typeof cell === "number" ? decimalsOf(cell) : 0)));
  return { title, cells: cells.map((cell) => (typeof cell === "number" ? grouped(cell, decimals) : textOf(cell))), isNumber: true };
}

const decimalsOf = (value: number): number => Math.min(MOST_DECIMALS, /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0);

/** 1234567.5 as 1 234 567.5, which nobody takes for another number. */
export function grouped(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [whole = "", rest] = value.toFixed(decimals).split(".");
  return `${whole.replace(/(\d)(?=(\d{3}){2,}$)|(\d)(?=(\d{3})$)/g, "$1$3 ")}${rest === undefined ? "" : `.${rest}`}`;
}

/** Seconds and milliseconds are left out where no cell has any. */
function timesOf(cells: readonly Cell[]): string[] {
  const texts = cells.map((cell) => (typeof cell === "string" ? cell : ""));
  const isWhole = (ending: string): boolean => texts.every((text) => text === "" || text.endsWith(ending));
  const drop = isWhole(":00.000Z") ? ":00.000Z" : isWhole(".000Z") ? ".000Z" : "Z";
  return texts.map((text) => (text === "" ? NOTHING : text.slice(0, text.endsWith(drop) ? -drop.length : undefined).replace("T", " ")));
}

function textOf(cell: Cell): string {
  if (cell === null) return NOTHING;
  // What would steer a terminal or break a line is shown as what it is not.
  return (typeof cell === "string" ? cell : JSON.stringify(cell)).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?");
}

/** Widths of the columns; the widest texts give way first. */
function fitting(columns: readonly Column[], widest: number): number[] {
  const widths = columns.map(({ title, cells }) => cells.reduce((most, cell) => Math.max(most, cell.length), title.length));
  const over = (): number => widths.reduce((sum, width) => sum + width, BETWEEN.length * (widths.length - 1)) - widest;
  for (let excess = over(); excess > 0; excess = over()) {
    const at = widths.reduce((best, width, i) => (!columns[i]!.isNumber && width > LEAST_WIDTH && (best < 0 || width > widths[best]!) ? i : best), -1);
    if (at < 0) break;
    widths[at] = Math.max(LEAST_WIDTH, widths[at]! - Math.max(1, Math.min(excess, Math.ceil(widths[at]! / 4))));
  }
  return widths;
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
