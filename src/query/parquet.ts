import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openDatabase, quoted, type Database } from "./duckdb.js";
import { FRAME_LINE } from "./rebuild.js";
import { asTransform, SHAPES } from "./shape.js";
import { jsonOf, linesOf, parquetOf } from "./sources.js";

/** Rows that are packed together; a query for one hour reads few of them. */
const ROW_GROUP_ROWS = 122_880;
const MEMORY_BYTES = 1024 ** 3;

/** What came out of some parts. */
export interface Packed {
  /** Lines that are records, or JSON at least: the rows of the file. */
  readonly rows: number;
  /** Rows that the parts hold, counted by another reader. */
  readonly expected: number;
  /** Lines that are no JSON (torn, NUL bytes): there is nothing in them to keep. */
  readonly left: number;
}

/**
 * Writes the lines of some files into one Parquet file, in their order: typed columns, and `line` for what these do not
 * hold to the letter. `onOpen` is told what to call to end it early.
 */
export async function writeParquet(paths: readonly string[], target: string, threads: number, onOpen: (interrupt: () => void) => void): Promise<Packed> {
  return withDatabase(threads, async (database) => {
    onOpen(() => database.interrupt());
    const from = paths.map((path) => resolve(path));
    const keys = Object.keys(SHAPES.frame).map((key) => `"${key}"`).join(", ");
    const typed = `SELECT line, unnest(json_transform(line, ${asTransform(SHAPES.frame)})) FROM ${linesOf(from)} WHERE json_valid(line) AND json_type(line) = 'OBJECT'`;
    const columns = `SELECT ${keys}, CASE WHEN type = 'frame' AND ${FRAME_LINE} IS NOT DISTINCT FROM line THEN NULL ELSE line END AS line FROM (${typed})`;
    await database.run(`COPY (${columns}) TO ${quoted(target)} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`);
    const one = async (sql: string): Promise<number[]> => (await database.rows(sql, {}, 1)).rows[0]!.map(Number);
    const [rows = 0, named = 0] = await one(`SELECT count(*), count(type) FROM ${parquetOf([resolve(target)])}`);
    const [lines = 0, expected = 0] = await one(`SELECT count(*), count(type) FROM ${jsonOf(from, { type: "VARCHAR" })}`);
    return { rows, expected: expected + (rows - named), left: Math.max(0, lines - rows) };
  });
}

/** The lines of a file that `writeParquet` made, in their order. Memory stays bounded. */
export async function* parquetLines(path: string): AsyncGenerator<string, void, undefined> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-query-"));
  const database = await openDatabase({ threads: 1, memoryBytes: MEMORY_BYTES, temporaryFolder: join(folder, "spill") });
  try {
    yield* database.texts(`SELECT coalesce(line, ${FRAME_LINE}) FROM ${parquetOf([resolve(path)])}`);
  } finally {
    database[Symbol.dispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Writes the rows of a CSV file (RFC 4180, with its header) as Parquet. `types`: DuckDB's type of each column, in their order.
 * What stands at `target` is replaced.
 * @throws PipelineError E_QUERY_MISSING
 */
export async function parquetOfCsv(csvPath: string, types: Readonly<Record<string, string>>, target: string): Promise<void> {
  const columns = Object.entries(types).map(([name, type]) => `${quoted(name)}: ${quoted(type)}`).join(", ");
  await withDatabase(1, (database) =>
    database.run(`COPY (SELECT * FROM read_csv(${quoted(resolve(csvPath))}, header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', columns = {${columns}})) TO ${quoted(resolve(target))} (FORMAT parquet, COMPRESSION zstd)`));
}

async function withDatabase<T>(threads: number, work: (database: Database) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-query-"));
  try {
    using database = await openDatabase({ threads, memoryBytes: MEMORY_BYTES, temporaryFolder: join(folder, "spill") });
    return await work(database);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
