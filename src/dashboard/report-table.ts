import { colourOf } from "../core/class-colours.js";
import { make } from "./dom.js";
import type { Report } from "./report-client.js";
import type { TimelineSeries } from "./timeline.js";

/** Rows that a person reads; the rest is counted. */
const MOST_ROWS = 50;

/** A report as a table: numbers to the right, times as the clock on the wall. */
export function reportTable({ columns, rows, hasMore }: Report): HTMLElement {
  const heads = columns.map(({ name, kind }) => make("th", { scope: "col", "data-kind": kind }, wordsOf(name)));
  const lines = rows.slice(0, MOST_ROWS).map((row) => make("tr", {}, ...row.map((cell, i) => make("td", { "data-kind": columns[i]!.kind }, cellText(cell, columns[i]!.kind)))));
  const more = rows.length - lines.length;
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...lines));
  return more > 0 || hasMore ? make("div", {}, table, make("p", { class: "dim" }, `and ${more}${hasMore ? " or more" : ""} rows`)) : table;
}

const wordsOf = (name: string): string => name.replaceAll("_", " ").replace("percent", "%");

function cellText(cell: unknown, kind: string): string {
  if (cell === null || cell === undefined) return "–";
  if (kind === "time" && typeof cell === "string") return new Date(cell).toLocaleString(undefined, { dateStyle: "short", timeStyle: "medium" });
  if (typeof cell === "number") return cell.toLocaleString("en", { maximumFractionDigits: 2 }).replaceAll(",", "\u202f");
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

/** Objects by class as a chart needs them; where nothing was seen stands 0. */
export function seriesOf({ columns, rows }: Report): TimelineSeries {
  const [time, label, objects] = ["time", "label", "objects"].map((name) => columns.findIndex((column) => column.name === name)) as [number, number, number];
  const seen = [...new Set(rows.map((row) => Date.parse(row[time] as string) / 1000))].sort((a, b) => a - b);
  const stepS = seen.slice(1).reduce((least, one, i) => Math.min(least, one - seen[i]!), Infinity);
  const count = Number.isFinite(stepS) ? Math.round((seen.at(-1)! - seen[0]!) / stepS) + 1 : seen.length;
  const timesS = Array.from({ length: count }, (_, i) => seen[0]! + i * (Number.isFinite(stepS) ? stepS : 0));
  const labels = totalsOf(rows, label, objects).map(([name]) => name);
  const values = labels.map(() => timesS.map(() => 0));
  for (const row of rows) {
    const at = Number.isFinite(stepS) ? Math.round((Date.parse(row[time] as string) / 1000 - seen[0]!) / stepS) : 0;
    values[labels.indexOf(row[label] as string)]![at] = row[objects] as number;
  }
  return { timesS, labels, values };
}

function totalsOf(rows: Report["rows"], label: number, objects: number): (readonly [string, number])[] {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(row[label] as string, (totals.get(row[label] as string) ?? 0) + (row[objects] as number));
  return [...totals].sort((a, b) => b[1] - a[1]);
}

/** The chart's legend, with how many of each were seen. */
export function totalsList({ columns, rows }: Report): HTMLElement {
  const place = (name: string): number => columns.findIndex((column) => column.name === name);
  const items = totalsOf(rows, place("label"), place("objects")).map(([label, total], i) => {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = colourOf(i);
    return make("li", {}, swatch, `${label} `, make("b", {}, cellText(total, "number")));
  });
  return make("ul", { class: "legend" }, ...items);
}
