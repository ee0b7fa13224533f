import { createReadStream } from "node:fs";
import { copyFile, rename, rm, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { systemClock } from "../core/clock.js";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { logFiles, type LogTrouble } from "../log/index.js";
import { availableCores } from "../machine/index.js";
import { askLog, MOST_REPORT_ROWS, narrowed, plotOf, plotSpecFor, plotSvg, plotText, readMoment, readStep, reportNamed, reportQuery, tableText, viewTable, type FileFormat, type LogQuery, type PlotSpec, type Query } from "../query/index.js";
import type { GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { statusAfter, type Stop } from "./stop.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/** More threads want more memory than they save time. */
const MOST_THREADS = 8;
/** What does not fit is put on the disk. */
const MEMORY_BYTES = 1024 ** 3;
/** A table is for people; the other formats hold every row. */
const MOST_TABLE_ROWS = 10_000;
const FORMATS = ["table", "csv", "json", "parquet"] as const;
type Format = (typeof FORMATS)[number];

/** What was asked for. */
interface Wish {
  readonly query: Query;
  readonly title: string;
  /** undefined for SQL: what its columns allow. */
  readonly plotSpec: PlotSpec | undefined;
  readonly plot: "terminal" | "svg" | undefined;
  readonly format: Format;
  readonly out: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

/**
 * `sightline query LOG...`
 * @returns 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_USAGE, E_LOG_MISSING, E_REPORT_UNKNOWN, E_QUERY, E_OUT_FOLDER, E_OUT_FULL, E_OUT_WRITE
 */
export async function query(logs: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (given["schema"] === true) {
    await print(schemaText());
    return 0;
  }
  if (logs.length === 0) throw new PipelineError("E_USAGE", "no log was given to query; it may be the path given as --out, one of its files, or a folder");
  const wish = wishOf(given);
  const files = narrowed(await logFiles(logs), wish);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const tell = ({ path, line, message }: LogTrouble): void => terminal.say(printable(`sightline: ${path}${line === null ? "" : `, line ${line}`}: ${message}`));
  try {
    await using log = await askLog(files, { threads: Math.min(MOST_THREADS, availableCores().cores), memoryBytes: MEMORY_BYTES, onTrouble: tell, signal: stop.signal, clock: systemClock });
    terminal.status(`reading ${files.length} ${files.length === 1 ? "file" : "files"}; Ctrl-C ends it`);
    await answer(log, wish, terminal);
    terminal.status("looking for lines that are no records; Ctrl-C ends it");
    await log.check();
    terminal.status("");
    return 0;
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
}

function wishOf(given: GivenFlags): Wish {
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined);
  const [sql, out] = [text("sql"), text("out")];
  const plot = oneOf("--plot", text("plot"), ["terminal", "svg"] as const) ?? (text("format") === undefined && extname(out ?? "") === ".svg" ? "svg" : undefined);
  const format = oneOf("--format", text("format"), FORMATS) ?? FORMATS.find((one) => extname(out ?? "") === `.${one}`) ?? "table";
  if (plot !== undefined && text("format") !== undefined) throw new PipelineError("E_USAGE", "--plot and --format were both given; an answer is either drawn or written");
  if (format === "parquet" && out === undefined) throw new PipelineError("E_USAGE", "Parquet is no text to print; say where it should go, with --out FILE");
  const rest = { plot, format, out };
  if (sql === undefined) {
    const { name, title, plot: plotSpec } = reportNamed(text("report") ?? "busiest");
    const ask = reportAsk(given, text);
    return { query: reportQuery(name, ask), title, plotSpec, since: ask.since, until: ask.until, ...rest };
  }
  const forReports = ["report", "since", "until", "stream", "step"].find((name) => given[name] !== undefined);
  if (forReports !== undefined) throw new PipelineError("E_USAGE", `--${forReports} is for reports; with --sql write it into the query: WHERE captured_at >= '2026-11-20 10:00:00'`);
  return { query: { sql }, title: "Query", plotSpec: undefined, ...rest };
}

function reportAsk(given: GivenFlags, text: (name: string) => string | undefined): Parameters<typeof reportQuery>[1] {
  const nowMs = systemClock.wallMs();
  const [since, until, step] = [text("since"), text("until"), text("step")];
  return {
    ...(since !== undefined && { since: readMoment(since, "--since", nowMs) }),
    ...(until !== undefined && { until: readMoment(until, "--until", nowMs) }),
    ...(step !== undefined && { stepS: readStep(step, "--step") }),
    ...(Array.isArray(given["stream"]) && { streams: given["stream"] as string[] }),
  };
}

function oneOf<T extends string>(flag: string, given: string | undefined, allowed: readonly T[]): T | undefined {
  if (given === undefined) return undefined;
  const found = allowed.find((one) => one === given);
  if (found === undefined) throw new PipelineError("E_USAGE", `${flag} is ${JSON.stringify(given)}; allowed: ${allowed.join(", ")}`);
  return found;
}

async function answer(log: LogQuery, wish: Wish, terminal: Terminal): Promise<void> {
  const { query: asked, format, out } = wish;
  if (wish.plot === undefined && format !== "table") {
    const path = await log.save(asked, format satisfies FileFormat);
    terminal.status("");
    if (out !== undefined) await put(out, (place) => copyFile(path, place));
    else await copyOut(path);
    return;
  }
  const found = await log.rows(asked, wish.plot === undefined ? MOST_TABLE_ROWS : MOST_REPORT_ROWS);
  terminal.status("");
  const widest = out === undefined && process.stdout.isTTY ? process.stdout.columns : Infinity;
  if (wish.plot === undefined || found.rows.length === 0) await show(tableText(found, { columns: widest, asWords: wish.plotSpec !== undefined }).join("\n"), out);
  else {
    const plot = plotOf(found, wish.plotSpec ?? plotSpecFor(found));
    await show(wish.plot === "svg" ? plotSvg(plot, wish.title).trimEnd() : plotText(plot, Math.min(widest, WIDEST_PLOT)).join("\n"), out);
  }
  if (found.rows.length === 0) terminal.say("sightline: nothing in the log answers to this");
  if (found.hasMore) terminal.say(`sightline: these are the first ${found.rows.length} rows; --format csv, json or parquet gives all of them`);
}

/** Where nobody says how wide the terminal is. */
const WIDEST_PLOT = 100;

const show = (text: string, out: string | undefined): Promise<void> => (out === undefined ? print(text) : put(out, (place) => writeFile(place, `${text}\n`)));

/** Writes a file that is there as a whole or not at all. */
async function put(out: string, write: (place: string) => Promise<void>): Promise<void> {
  const place = `${out}.part`;
  try {
    await write(place);
    await rename(place, out);
  } catch (thrown) {
    await rm(place, { force: true }).catch(() => undefined);
    const code = systemCodeOf(thrown);
    throw new PipelineError(code === "ENOENT" ? "E_OUT_FOLDER" : code === "ENOSPC" ? "E_OUT_FULL" : "E_OUT_WRITE", `${out} could not be written (${code})`, { cause: thrown });
  }
}

/** Standard output; a reader that has gone away has seen what it wanted. */
async function copyOut(path: string): Promise<void> {
  try {
    await pipeline(createReadStream(path), process.stdout, { end: false });
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE") throw new PipelineError(code === "ENOSPC" ? "E_OUT_FULL" : "E_OUT_WRITE", `standard output could not be written (${code})`, { cause: thrown });
  }
}

function schemaText(): string {
  return viewTable().map(({ name, help, columns }) => {
    const widths = [Math.max(...columns.map((column) => column.name.length)), Math.max(...columns.map(({ type }) => type.length))];
    return [`${name}: ${help}`, ...columns.map((column) => `  ${column.name.padEnd(widths[0]!)}  ${column.type.padEnd(widths[1]!)}  ${column.help}`)].join("\n");
  }).join("\n\n");
}
