import { LINE_COLOURS, svgPage, svgText } from "../core/svg.js";
import { CURVE_IOU, RECALL_POINTS, type ClassCurve } from "./curve.js";

const WIDTH = 860;
const SIDE = 480;
const MARGIN = { top: 48, left: 64, bottom: 56 } as const;
const LEGEND_X = MARGIN.left + SIDE + 28;
const LEGEND_ROW = 20;
/** More lines than this can't be told apart: they are drawn pale, and only the mean has a name. */
const MOST_NAMED = LINE_COLOURS.length;
const LONGEST_NAME = 24;
const TICKS = 5;
const PALE = "#b8c0c8";
const BOLD = "#111";

/**
 * Precision over recall at IoU 0.5 as an SVG document: a line for each class, and their mean. Pure.
 * labels  names by class number
 */
export function curvesSvg(curves: readonly ClassCurve[], labels: readonly string[]): string {
  const isNamed = curves.length <= MOST_NAMED;
  const x = (recall: number): number => MARGIN.left + recall * SIDE;
  const y = (precision: number): number => MARGIN.top + (1 - precision) * SIDE;
  const line = (values: readonly number[], colour: string, width: number): string =>
    `<polyline fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round" points="${values.map((value, i) => `${x(i / (RECALL_POINTS - 1)).toFixed(1)},${y(value).toFixed(1)}`).join(" ")}"/>`;
  const mean = Array.from({ length: RECALL_POINTS }, (_, i) => average(curves.map(({ precision }) => precision[i] ?? 0)));
  const colourOf = (i: number): string => (isNamed ? LINE_COLOURS[i]! : PALE);
  const legend: LegendRow[] = [
    ...(isNamed ? curves.map(({ classId, precision }, i) => ({ name: labels[classId] ?? String(classId), colour: colourOf(i), ap: average(precision) })) : [{ name: `each of ${curves.length} classes`, colour: PALE, ap: null }]),
    ...(curves.length > 1 ? [{ name: "mean", colour: BOLD, ap: average(mean) }] : []),
  ];
  return svgPage({ widthPx: WIDTH, heightPx: MARGIN.top + SIDE + MARGIN.bottom, leftPx: MARGIN.left, title: `Precision and recall at IoU ${CURVE_IOU}, and average precision` }, [
    ...grid(x, y),
    ...curves.map(({ precision }, i) => line(precision, colourOf(i), isNamed ? 1.8 : 0.8)),
    ...(curves.length > 1 ? [line(mean, BOLD, 3)] : []),
    ...legend.flatMap(legendRow),
  ]);
}

function grid(x: (recall: number) => number, y: (precision: number) => number): string[] {
  const [low, high] = [0, 1];
  return [
    ...Array.from({ length: TICKS + 1 }, (_, i) => i / TICKS).flatMap((tick) => [
      `<line x1="${x(low)}" x2="${x(high)}" y1="${y(tick)}" y2="${y(tick)}" stroke="#ddd"/>`,
      `<line x1="${x(tick)}" x2="${x(tick)}" y1="${y(low)}" y2="${y(high)}" stroke="#ddd"/>`,
      svgText(MARGIN.left - 8, y(tick) + 4, tick.toFixed(1), 'text-anchor="end"'),
      svgText(x(tick), y(low) + 18, tick.toFixed(1), 'text-anchor="middle"'),
    ]),
    svgText(x(0.5), y(low) + 40, "recall: share of the objects that are found", 'text-anchor="middle"'),
    svgText(0, 0, "precision: share of the detections that are right", `text-anchor="middle" transform="translate(18 ${y(0.5)}) rotate(-90)"`),
  ];
}

interface LegendRow {
  readonly name: string;
  readonly colour: string;
  readonly ap: number | null;
}

function legendRow({ name, colour, ap }: LegendRow, i: number): string[] {
  const top = MARGIN.top + i * LEGEND_ROW;
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  return [`<rect x="${LEGEND_X}" y="${top + 4}" width="18" height="4" fill="${colour}"/>`, svgText(LEGEND_X + 26, top + 10, ap === null ? short : `${short}  ${ap.toFixed(3)}`)];
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
