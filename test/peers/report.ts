import type { Spread } from "../../src/bench/rounds.js";
import type { Lag } from "./figures.js";
import type { System } from "./systems.js";

/** What was found about one system. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly setting: string;
  readonly runtime: System["runtime"];
  readonly besides: string | null;
  readonly versions: Readonly<Record<string, string>>;
  /** Null: only on the live stream, or it could not be measured. */
  readonly timed: { readonly fps: Spread; readonly firstMs: Spread; readonly peakMb: Spread; readonly frames: number } | null;
  /** sightline's figure to its, round by round: neighbours in time. Memory and first result: its to sightline's. */
  readonly ratios: { readonly fps: Spread; readonly firstMs: Spread; readonly peakMb: Spread } | null;
  readonly lag: Lag | null;
  /** On the model that finds things. */
  readonly check: { readonly frames: number; readonly objects: number; readonly apart: number } | null;
  /** Why something is missing. */
  readonly why: string | null;
}

/** One of the promises. */
export interface Bar {
  readonly what: string;
  readonly wanted: number;
  /** Median of the rounds; null when it was not measured. */
  readonly got: number | null;
  readonly met: boolean;
}

/** What `npm run bench:peers` gives; `--json` prints it as it is. */
export interface PeersReport {
  readonly machine: string;
  readonly date: string;
  /** Load average of a minute, before and after. */
  readonly load: { readonly before: number; readonly after: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly command: string;
  readonly model: string;
  readonly source: string;
  readonly frames: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
}

const ULTRALYTICS = ["ultralytics", "ultralytics-guide", "ultralytics-by-hand"];

/** The promises and what came of them. Memory and first result: against the setting of Ultralytics that is best in it. */
export function barsOf(rows: readonly Row[]): Bar[] {
  const ratio = (id: string, of: "fps" | "firstMs" | "peakMb"): number | null => rows.find((row) => row.id === id)?.ratios?.[of].median ?? null;
  const least = (of: "firstMs" | "peakMb"): number | null => {
    const known = ULTRALYTICS.map((id) => ratio(id, of)).filter((value) => value !== null);
    return known.length > 0 ? Math.min(...known) : null;
  };
  const bar = (what: string, wanted: number, got: number | null): Bar => ({ what, wanted, got, met: got !== null && got >= wanted });
  return [
    bar("fps, times Ultralytics' default", 1.3, ratio("ultralytics", "fps")),
    bar("fps, times its guide's two threads", 1.7, ratio("ultralytics-guide", "fps")),
    bar("fps, times the same with one intra-op thread a session by hand", 0.85, ratio("ultralytics-by-hand", "fps")),
    bar("memory of Ultralytics (its thriftiest setting), times ours", 2, least("peakMb")),
    bar("start to first result of Ultralytics (its fastest setting), times ours", 5, least("firstMs")),
  ];
}

const HEAD = ["system", "setting", "fps", "sightline is", "peak memory", "first result", "lag behind 30 fps", "fps with OpenVINO"] as const;
const LEFT_COLUMNS = 2;

/** The table in Markdown, which is also good to read in a terminal. Pure. */
export function tableOf(rows: readonly Row[]): string {
  const main = rows.filter(({ runtime }) => runtime === "onnxruntime");
  const cells = [[...HEAD], ...main.map((row) => cellsOf(row, rows.find(({ besides }) => besides === row.id)))];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, i) => (i < LEFT_COLUMNS ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i < LEFT_COLUMNS ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line)].join("\n");
}

const NOTHING = "–";

function cellsOf(row: Row, openvino: Row | undefined): string[] {
  const { name, setting, timed, ratios, lag } = row;
  return [
    name, setting,
    timed ? ranged(timed.fps, 1) : NOTHING,
    ratios && row.id !== "sightline" ? `${ranged(ratios.fps, 2)} x` : NOTHING,
    timed ? `${timed.peakMb.median.toFixed(0)} MB` : NOTHING,
    timed ? `${(timed.firstMs.median / 1000).toFixed(1)} s` : NOTHING,
    lag ? `${(lag.lagMs / 1000).toFixed(2)} s, sees ${lag.seenFps.toFixed(0)}` : NOTHING,
    openvino?.timed ? `${ranged(openvino.timed.fps, 1)} (${openvino.timed.peakMb.median.toFixed(0)} MB)` : NOTHING,
  ];
}

/** The whole report for a person. Pure. */
export function reportText(report: PeersReport): string {
  const { rows, bars } = report;
  return [...headOf(report), "", tableOf(rows), "", ...notesOf(report), "", ...checksOf(rows), ...whysOf(rows), "", ...bars.map(barLine), ""].join("\n");
}

/** What the README shows between its marks. Pure. */
export function readmeBlock(report: PeersReport): string {
  const [machine = "", versions = "", command = ""] = headOf(report);
  return [`${machine}. ${versions}. \`${command.slice(2)}\`:`, "", tableOf(report.rows), "", ...notesOf(report), "", ...report.bars.map((bar) => `- ${barLine(bar)}`), ...whysOf(report.rows).map((why) => `- ${why}`)].join("\n");
}

const BEGIN = "<!-- peers:begin -->";
const END = "<!-- peers:end -->";

/** The README with another block between its marks. @throws Error when it has no marks */
export function withBlock(readme: string, block: string): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the README has no ${BEGIN} ... ${END}`);
  return `${readme.slice(0, begin + BEGIN.length)}\n${block}\n${readme.slice(end)}`;
}

function headOf({ machine, versions, command, date, load }: PeersReport): string[] {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`${machine}, ${date}, load average ${load.before.toFixed(2)} before, ${load.after.toFixed(2)} after`, named.join(", "), `$ ${command}`];
}

function notesOf({ model, source, frames, rounds, rows }: PeersReport): string[] {
  const lag = rows.find((row) => row.lag !== null)?.lag;
  return [
    `${model} on ${source}, median of ${rounds} rounds [least .. greatest] of ${frames} frames each, from the first result to the last; memory: PSS of all processes; first result: from the start of the process; ` +
      `OpenVINO: sightline in f32, the others as they ask for it (f32 where the processor has nothing cheaper)${lag ? `; lag: result minus the time its frame was due, ${lag.afterSeconds.toFixed(0)} s after the first one, and how many of 30 frames a second are looked at` : ""}.`,
  ];
}

function checksOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ id, check }) => (check ? [`check  ${id.padEnd(24)} ${check.frames} frames, ${check.objects} objects, ${check.apart.toFixed(2)} a frame from sightline's`] : []));
}

function whysOf(rows: readonly Row[]): string[] {
  return rows.flatMap(({ id, why }) => (why === null ? [] : [`${id} was not measured whole: ${why}`]));
}

const barLine = ({ what, wanted, got, met }: Bar): string => `${met ? "met" : got === null ? "not measured" : "NOT MET"}: ${what}: ${got === null ? NOTHING : got.toFixed(2)}, at least ${wanted} promised`;

function ranged({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)} .. ${max.toFixed(digits)}]`;
}
