import type { ModeFigures, ModesBlock, ModesReport } from "./modes.js";
import type { Spread } from "./rounds.js";

const HEAD = ["model", "workers", "mode", "fps", "of threads", "of the limit", "p50 ms", "p99 ms", "peak MB", "start ms"] as const;

/** The report as one Markdown table, which is also good to read in a terminal. Pure. */
export function modesText(report: ModesReport): string {
  const rows = [[...HEAD], ...report.blocks.flatMap(rowsOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, i) => (i < 3 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [head = [], ...body] = rows;
  return [
    report.machine,
    `$ ${report.command}`,
    `${report.source}, median of ${report.rounds} rounds of ${report.seconds} s [least .. greatest]; memory of all processes together, FFmpeg included`,
    "",
    line(head),
    rule,
    ...body.map(line),
    ...report.left.map(({ mode, why }) => `${mode} was not measured: ${why}`),
    "",
  ].join("\n");
}

function rowsOf({ model, workers, limit, modes }: ModesBlock): string[][] {
  const first = [model, String(workers)];
  return [[...first, "(bare sessions)", ranged(limit, 1), "", "1", "", "", "", ""], ...modes.map((figures) => [...first, ...cellsOf(figures)])];
}

function cellsOf({ mode, fps, toThreads, toLimit, p50Ms, p99Ms, peakMb, startMs }: ModeFigures): string[] {
  return [mode, ranged(fps, 1), mode === "threads" ? "1" : ranged(toThreads, 2), ranged(toLimit, 2), p50Ms.median.toFixed(0), p99Ms.median.toFixed(0), peakMb.median.toFixed(0), startMs.median.toFixed(0)];
}

function ranged({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${min.toFixed(digits)} .. ${max.toFixed(digits)}]`;
}
