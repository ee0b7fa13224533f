import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError } from "../core/errors.js";
import { Closers } from "../core/lifetime.js";
import { readRecords, type LogFile, type LogTrouble } from "../log/index.js";
import { openDatabase, quoted, type Answer, type Database, type Parameters } from "./duckdb.js";
import { interruptOn } from "./interrupt.js";
import { asPattern, badLinesSql, type Sources } from "./sources.js";
import { viewsSql } from "./views.js";

/** A query as SQL. What came from a person's terminal, or is one of ours: never what came from a network. */
export interface Query {
  readonly sql: string;
  readonly parameters?: Parameters;
}

/** How an answer is written into a file. */
export type FileFormat = "csv" | "json" | "parquet";

/** What asking may use. */
export interface AskOptions {
  readonly threads: number;
  readonly memoryBytes: number;
  /** Told of each file that could not be read, or only line by line. */
  readonly onTrouble: (trouble: LogTrouble) => void;
  /** Ends what runs; it fails with E_STOPPED. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** A log that can be asked. One query at a time. */
export interface LogQuery extends AsyncDisposable {
  /** @throws PipelineError E_QUERY, E_STOPPED */
  rows(query: Query, mostRows: number): Promise<Answer>;
  /**
   * Writes the whole answer into a file of a folder that is gone when this is disposed; returns its path.
   * @throws PipelineError E_QUERY, E_STOPPED
   */
  save(query: Query, format: FileFormat): Promise<string>;
  /** Looks for lines that are no records, and tells where they are as far as that takes no long search. */
  check(): Promise<void>;
}

const NOTHING = Promise.resolve<Answer>({ columns: [], rows: [], hasMore: false });
const COPY_OPTIONS: Readonly<Record<FileFormat, string>> = {
  csv: "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%gZ'",
  json: "FORMAT json, ARRAY true, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%gZ'",
  parquet: "FORMAT parquet, COMPRESSION zstd",
};

/**
 * Opens a database with the views over the files. It can read these files and nothing else, and write nothing but answers.
 * @throws PipelineError E_QUERY, E_STOPPED
 */
export async function askLog(files: readonly LogFile[], options: AskOptions): Promise<LogQuery> {
  const closers = new Closers();
  const folder = await mkdtemp(join(tmpdir(), "sightline-query-"));
  closers.defer(() => rm(folder, { recursive: true, force: true }));
  let sources = sourcesOf(files);
  let database: Database | undefined;
  closers.defer(() => database?.[Symbol.dispose]());
  closers.use(interruptOn(options.signal, options.clock, () => database?.interrupt()));
  const known = [...sources.json, ...sources.parquet];
  /** Runs it; a file that can't be read as a whole is told, and the rest is asked again. */
  const asked = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        if (options.signal.aborted) throw new Error("Interrupted");
        database ??= await openSandbox(sources, folder, options);
        return await work(database);
      } catch (thrown) {
        if (options.signal.aborted) throw new PipelineError("E_STOPPED", "stopped while the log was asked");
        const path = known.filter((one) => messageOf(thrown).includes(one)).sort((a, b) => b.length - a.length)[0];
        const next = path === undefined ? undefined : without(sources, path, messageOf(thrown), options.onTrouble);
        if (next === undefined) throw thrown instanceof PipelineError ? thrown : queryError(thrown);
        sources = next;
        database?.[Symbol.dispose]();
        database = undefined;
      }
    }
  };
  const outPath = (format: FileFormat): string => join(folder, `answer.${format}`);
  return {
    rows: ({ sql, parameters = {} }, mostRows) => asked((open) => open.rows(sql, parameters, mostRows)),
    save: ({ sql, parameters = {} }, format) => asked(async (open) => {
      if ((await open.countStatements(sql)) !== 1) throw new Error("an answer is written from one statement, not from several");
      await open.rows(`COPY (${sql.replace(/;\s*$/, "")}\n) TO ${quoted(outPath(format))} (${COPY_OPTIONS[format]})`, parameters, 1);
      return outPath(format);
    }),
    check: async () => {
      const { rows } = await asked((open) => (sources.json.length === 0 ? NOTHING : open.rows(badLinesSql(sources.json), {}, files.length)));
      const tooLong = sources.lines.map((path) => ({ path, bad: 1 }));
      await tellBadLines([...rows.map(([path, bad]) => ({ path: path as string, bad: Number(bad) })), ...tooLong], files, options);
    },
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

function sourcesOf(files: readonly LogFile[]): Sources {
  const paths = (wanted: (kind: LogFile["kind"]) => boolean): string[] => files.filter(({ kind }) => wanted(kind)).map(({ path }) => resolve(path));
  return { json: paths((kind) => kind !== "parquet"), lines: [], parquet: paths((kind) => kind === "parquet") };
}

async function openSandbox(sources: Sources, folder: string, { threads, memoryBytes }: AskOptions): Promise<Database> {
  const database = await openDatabase({ threads, memoryBytes, temporaryFolder: join(folder, "spill") });
  const paths = [...sources.json, ...sources.lines, ...sources.parquet];
  const answers = Object.keys(COPY_OPTIONS).map((format) => join(folder, `answer.${format}`));
  const allowed = [...new Set([...paths, ...paths.map(asPattern), ...answers])].map(quoted).join(", ");
  try {
    await database.run(`${viewsSql(sources)}\nSET allowed_paths = [${allowed}]; SET enable_external_access = false; SET lock_configuration = true;`);
    return database;
  } catch (thrown) {
    database[Symbol.dispose]();
    throw thrown;
  }
}

/** The sources without the fast way for a file, or without the file; undefined when it was left out before. */
function without({ json, lines, parquet }: Sources, path: string, why: string, onTrouble: AskOptions["onTrouble"]): Sources | undefined {
  const others = (paths: readonly string[]): string[] => paths.filter((one) => one !== path);
  if (json.includes(path) && why.includes("maximum_object_size")) {
    // Which line it is, check() tells.
    return { json: others(json), lines: [...lines, path], parquet };
  }
  if (![...json, ...lines, ...parquet].includes(path)) return undefined;
  onTrouble({ path, line: null, message: `it could not be read and is left aside (${firstLine(why)})` });
  return { json: others(json), lines: others(lines), parquet: others(parquet) };
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

/** The database's own words, and the place that it points to: `LINE 1: SELECT a FROM b` and a mark on the next line. */
function queryError(thrown: unknown): PipelineError {
  const lines = messageOf(thrown).split("\n").filter((line) => line.trim() !== "");
  const mark = lines.findIndex((line) => /^\s*\^\s*$/.test(line));
  const near = mark > 0 ? ` (near "${lines[mark - 1]!.slice(lines[mark]!.indexOf("^")).trim()}")` : "";
  const words = lines.filter((line, i) => !/^LINE \d+:/.test(line) && i !== mark).map((line) => line.trim());
  return new PipelineError("E_QUERY", words.join("; ") + near, { cause: thrown });
}

/** So far a file is searched for the lines that were counted, unpacked bytes. */
const SEARCHED_BYTES = 64 * 1024 * 1024;

async function tellBadLines(found: readonly { readonly path: string; readonly bad: number }[], files: readonly LogFile[], { onTrouble, signal }: AskOptions): Promise<void> {
  let left = SEARCHED_BYTES;
  for (const { path, bad } of found) {
    const file = files.find((one) => resolve(one.path) === path);
    if (file === undefined || signal.aborted) continue;
    let told = 0;
    let at = 0;
    const onOne = (trouble: LogTrouble): void => {
      if (trouble.line !== null) told += 1;
      onTrouble(trouble);
    };
    for await (const { atBytes } of readRecords([file], { onTrouble: onOne })) {
      at = atBytes;
      if (at > left || told >= bad) break;
    }
    left -= Math.min(left, at);
    if (told === 0) onTrouble({ path: file.path, line: null, message: `${bad} ${bad === 1 ? "line is no record" : "lines are no records"}` });
  }
}
