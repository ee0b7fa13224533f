import type { Plot } from "./plot.js";
import { grouped, titleOf } from "./table.js";

const EIGHTHS = "▏▎▍▌▋▊▉█";
const LEVELS = "▁▂▃▄▅▆▇█";
const LEAST_CHARS = 10;
const MOST_NAME_CHARS = 28;
/** As many bars as a person reads. */
const MOST_BARS = 40;

/** A plot as lines of text no longer than `columns`. Pure. */
export function plotText(plot: Plot, columns: number): string[] {
  return plot.kind === "bars" ? barsText(plot, columns) : linesText(plot, columns);
}

const nameOf = (name: string): string => (name.length <= MOST_NAME_CHARS ? name : `${name.slice(0, MOST_NAME_CHARS - 1)}…`);

function barsText({ bars, value }: Plot & { kind: "bars" }, columns: number): string[] {
  const some = bars.slice(0, MOST_BARS);
  const most = Math.max(...some.map((bar) => bar.value), Number.MIN_VALUE);
  const names = Math.max(0, ...some.map(({ name }) => nameOf(name).length));
  const numbers = some.map((bar) => numberText(bar.value));
  const width = Math.max(LEAST_CHARS, columns - names - Math.max(0, ...numbers.map((number) => number.length)) - 4);
  const lines = some.map((bar, i) => `${nameOf(bar.name).padEnd(names)}  ${barOf((Math.max(0, bar.value) / most) * width)} ${numbers[i]!}`);
  return [`${titleOf(value)}`, ...lines, ...(bars.length > some.length ? [`and ${bars.length - some.length} more`] : [])];
}

function barOf(chars: number): string {
  const eighths = Math.round(chars * EIGHTHS.length);
  const rest = eighths % EIGHTHS.length;
  return EIGHTHS.at(-1)!.repeat(Math.floor(eighths / EIGHTHS.length)) + (rest === 0 ? "" : EIGHTHS[rest - 1]!);
}

const numberText = (value: number): string => grouped(value, Number.isInteger(value) ? 0 : 1);

/** One line a series, all on one scale; a character is the mean of the times that it stands for. */
function linesText({ times, series, value }: Plot & { kind: "lines" }, columns: number): string[] {
  const names = Math.max(0, ...series.map(({ name }) => nameOf(name).length));
  const mosts = series.map(({ values }) => `most ${numberText(Math.max(...values))}`);
  const width = Math.max(LEAST_CHARS, Math.min(times.length, columns - names - Math.max(0, ...mosts.map((most) => most.length)) - 5));
  const squeezed = series.map(({ values }) => squeeze(values, width));
  const most = Math.max(...squeezed.flat(), Number.MIN_VALUE);
  const lines = series.map(({ name }, i) => `${nameOf(name).padEnd(names)}  ${squeezed[i]!.map((one) => levelOf(one / most)).join("")}  ${mosts[i]!}`);
  return [`${titleOf(value)}, ${momentText(times[0])} to ${momentText(times.at(-1))} UTC`, ...lines];
}

const momentText = (time = "-"): string => time.slice(0, 16).replace("T", " ");
/** Nothing at all is a gap, not a low bar. */
const levelOf = (share: number): string => (share <= 0 ? " " : LEVELS[Math.min(LEVELS.length - 1, Math.floor(share * LEVELS.length))]!);

/** The means of `width` stretches of the values; fewer values stay as they are. */
function squeeze(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / width), Math.max(Math.floor(((i + 1) * values.length) / width), Math.floor((i * values.length) / width) + 1));
    return part.reduce((sum, one) => sum + one, 0) / part.length;
  });
}
