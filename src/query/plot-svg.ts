import { LINE_COLOURS, svgPage, svgText } from "../core/svg.js";
import type { Plot } from "./plot.js";
import { grouped, titleOf } from "./table.js";

const WIDTH = 960;
const MARGIN = { top: 48, right: 24, bottom: 40, left: 64 } as const;
const LINES_HEIGHT = 420;
const BAR_HEIGHT = 22;
const NAMES_WIDTH = 200;
const MOST_BARS = 60;
const LEGEND_STEP = 112;
const TICKS = 5;

/** A plot as an SVG document. Pure. */
export function plotSvg(plot: Plot, title: string): string {
  return plot.kind === "bars" ? barsSvg(plot, title) : linesSvg(plot, title);
}

const page = (heightPx: number, title: string, parts: readonly string[]): string => svgPage({ widthPx: WIDTH, heightPx, leftPx: MARGIN.left, title }, parts);

function barsSvg({ bars, value }: Plot & { kind: "bars" }, title: string): string {
  const some = bars.slice(0, MOST_BARS);
  const most = Math.max(...some.map((bar) => bar.value), Number.MIN_VALUE);
  const width = WIDTH - NAMES_WIDTH - MARGIN.right - 90;
  const rows = some.flatMap((bar, i) => {
    const y = MARGIN.top + i * BAR_HEIGHT;
    const length = (Math.max(0, bar.value) / most) * width;
    return [
      svgText(NAMES_WIDTH - 8, y + 15, bar.name, 'text-anchor="end"'),
      `<rect x="${NAMES_WIDTH}" y="${y + 3}" width="${length.toFixed(1)}" height="${BAR_HEIGHT - 6}" fill="${LINE_COLOURS[0]}"/>`,
      svgText(NAMES_WIDTH + length + 6, y + 15, grouped(bar.value, Number.isInteger(bar.value) ? 0 : 1)),
    ];
  });
  const more = bars.length > some.length ? [svgText(NAMES_WIDTH, MARGIN.top + some.length * BAR_HEIGHT + 15, `and ${bars.length - some.length} more`)] : [];
  return page(MARGIN.top + (some.length + more.length) * BAR_HEIGHT + 16, `${title}: ${titleOf(value)}`, [...rows, ...more]);
}

function linesSvg({ times, series, value }: Plot & { kind: "lines" }, title: string): string {
  const most = niceCeiling(Math.max(...series.flatMap(({ values }) => Math.max(...values, 0)), Number.MIN_VALUE));
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, LINES_HEIGHT - MARGIN.top - MARGIN.bottom];
  const x = (i: number): number => MARGIN.left + (times.length < 2 ? width / 2 : (i / (times.length - 1)) * width);
  const y = (number: number): number => MARGIN.top + height - (number / most) * height;
  const grid = Array.from({ length: TICKS + 1 }, (_, i) => (most * i) / TICKS).flatMap((tick) => [
    `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick).toFixed(1)}" y2="${y(tick).toFixed(1)}" stroke="#ddd"/>`,
    svgText(MARGIN.left - 8, y(tick) + 4, grouped(tick, Number.isInteger(tick) ? 0 : 1), 'text-anchor="end"'),
  ]);
  const marks = Array.from({ length: TICKS + 1 }, (_, i) => Math.round(((times.length - 1) * i) / TICKS));
  const days = times.length > 0 && times[0]!.slice(0, 10) !== times.at(-1)!.slice(0, 10);
  const axis = [...new Set(marks)].filter((i) => i >= 0).map((i) => svgText(x(i), LINES_HEIGHT - 16, (times[i] ?? "").slice(days ? 5 : 11, 16).replace("T", " "), 'text-anchor="middle"'));
  const lines = series.map(({ values }, i) => `<polyline fill="none" stroke="${LINE_COLOURS[i % LINE_COLOURS.length]}" stroke-width="1.5" points="${values.map((one, at) => `${x(at).toFixed(1)},${y(one).toFixed(1)}`).join(" ")}"/>`);
  const legend = series.flatMap(({ name }, i) => [
    `<rect x="${MARGIN.left + i * LEGEND_STEP}" y="31" width="10" height="10" fill="${LINE_COLOURS[i % LINE_COLOURS.length]}"/>`,
    svgText(MARGIN.left + i * LEGEND_STEP + 14, 40, name.length > 14 ? `${name.slice(0, 13)}…` : name),
  ]);
  return page(LINES_HEIGHT, `${title}: ${titleOf(value)}, UTC`, [...legend, ...grid, ...axis, ...lines]);
}

/** The next of 1, 2, 5, 10, 20, ...: ticks then stand at whole numbers. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5].find((step) => step * power >= value) ?? 10);
}
