import { PipelineError } from "../core/errors.js";
import type { Answer, Cell } from "./duckdb.js";
import type { PlotSpec } from "./reports.js";

/** Something to draw. */
export type Plot =
  | { readonly kind: "bars"; readonly value: string; readonly bars: readonly { readonly name: string; readonly value: number }[] }
  | { readonly kind: "lines"; readonly value: string; readonly times: readonly string[]; readonly series: readonly { readonly name: string; readonly values: readonly number[] }[] };

/** More series than these are one: nobody tells twenty lines from each other. */
const MOST_SERIES = 8;
const OTHERS = "others";

/** What a query's columns can be drawn as: a time and a number as lines, a text and a number as bars. */
export function plotSpecFor({ columns }: Answer): PlotSpec {
  const first = (kind: string): string | undefined => columns.find((column) => column.kind === kind)?.name;
  const [time, text, number] = [first("time"), first("text"), first("number")];
  if (number === undefined || (time === undefined && text === undefined)) {
    throw new PipelineError("E_USAGE", "this answer can't be drawn: that takes a column of numbers, and one of times or texts");
  }
  return time !== undefined ? { kind: "lines", time, series: text ?? "", value: number } : { kind: "bars", names: [text!], value: number };
}

/** The answer as something to draw. Pure. */
export function plotOf(answer: Answer, spec: PlotSpec): Plot {
  const at = (name: string): number => answer.columns.findIndex((column) => column.name === name);
  const value = at(spec.value);
  if (spec.kind === "bars") {
    const names = spec.names.map(at);
    return { kind: "bars", value: spec.value, bars: answer.rows.map((row) => ({ name: names.map((i) => shown(row[i])).join(" "), value: numberOf(row[value]) })) };
  }
  const [time, series] = [at(spec.time), at(spec.series)];
  const times = everyStep([...new Set(answer.rows.map((row) => shown(row[time])))].sort());
  const place = new Map(times.map((one, i) => [one, i]));
  const found = new Map<string, number[]>();
  for (const row of answer.rows) {
    const name = series < 0 ? spec.value : shown(row[series]);
    const values = found.get(name) ?? times.map(() => 0);
    values[place.get(shown(row[time]))!]! += numberOf(row[value]);
    found.set(name, values);
  }
  return { kind: "lines", value: spec.value, times, series: fewSeries([...found].map(([name, values]) => ({ name, values }))) };
}

const shown = (cell: Cell | undefined): string => (typeof cell === "string" ? cell : cell === undefined || cell === null ? "-" : JSON.stringify(cell));
const numberOf = (cell: Cell | undefined): number => (typeof cell === "number" && Number.isFinite(cell) ? cell : 0);

/** Most points in time that are drawn. */
const MOST_TIMES = 20_000;

/** Where nothing was seen no row is: the times between get their places too. */
function everyStep(times: readonly string[]): string[] {
  const wallMs = times.map((time) => Date.parse(time));
  const stepMs = wallMs.slice(1).reduce((least, time, i) => Math.min(least, time - wallMs[i]!), Infinity);
  const [first, last] = [wallMs[0] ?? 0, wallMs.at(-1) ?? 0];
  if (!Number.isFinite(stepMs) || (last - first) / stepMs > MOST_TIMES || wallMs.some((time) => !Number.isInteger((time - first) / stepMs))) return [...times];
  return Array.from({ length: Math.round((last - first) / stepMs) + 1 }, (_, i) => new Date(first + i * stepMs).toISOString());
}

interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

const total = ({ values }: Series): number => values.reduce((sum, one) => sum + one, 0);

function fewSeries(all: readonly Series[]): Series[] {
  const sorted = [...all].sort((a, b) => total(b) - total(a) || (a.name < b.name ? -1 : 1));
  if (sorted.length <= MOST_SERIES) return sorted;
  const rest = sorted.slice(MOST_SERIES - 1);
  const values = rest[0]!.values.map((_, i) => rest.reduce((sum, one) => sum + one.values[i]!, 0));
  return [...sorted.slice(0, MOST_SERIES - 1), { name: OTHERS, values }];
}
