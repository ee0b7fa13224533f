import type { DuckDBConnection, DuckDBTimestampTZValue, DuckDBTimestampValue, DuckDBValue } from "@duckdb/node-api";
import { messageOf, PipelineError } from "../core/errors.js";

/** A value of an answer as JSON has it; times are ISO 8601 in UTC. Whole numbers beyond 2^53 are text. */
export type Cell = string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>;
/** What a column holds. */
export type ColumnKind = "time" | "number" | "text" | "other";

/** The rows that a query gave. */
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly kind: ColumnKind }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Whether there were more rows than asked for. */
  readonly hasMore: boolean;
}

/** Values of `$name` in a query. */
export type Parameters = Readonly<Record<string, string | number>>;

/** A database in memory. One query at a time. */
export interface Database extends Disposable {
  /** Runs statements that give nothing worth reading. */
  run(sql: string): Promise<void>;
  /** The first rows of a query's last statement. */
  rows(sql: string, parameters: Parameters, mostRows: number): Promise<Answer>;
  /** The texts of a query's only column, as they come. */
  texts(sql: string): AsyncGenerator<string, void, undefined>;
  /** How many statements the text holds. @throws the database's own error for what it can't read */
  countStatements(sql: string): Promise<number>;
  /** Ends the query that runs; it fails. */
  interrupt(): void;
}

/** What a database may use. */
export interface DatabaseLimits {
  readonly threads: number;
  readonly memoryBytes: number;
  /** Where it puts what does not fit into memory. */
  readonly temporaryFolder: string;
}

/** The library and its 70 MB are loaded when a database is opened, not before. */
async function library() {
  try {
    return await import("@duckdb/node-api");
  } catch (thrown) {
    throw new PipelineError("E_QUERY_MISSING", `DuckDB could not be loaded (${messageOf(thrown).split("\n", 1)[0]})`, { cause: thrown });
  }
}
type Library = Awaited<ReturnType<typeof library>>;

/** Opens an empty database that loads nothing from the network. Its worker threads leave the event loop free. */
export async function openDatabase({ threads, memoryBytes, temporaryFolder }: DatabaseLimits): Promise<Database> {
  const duckdb = await library();
  const instance = await duckdb.DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${Math.floor(memoryBytes / 1024)}KiB`,
    temp_directory: temporaryFolder,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    run: async (sql) => void (await connection.run(sql)),
    rows: (sql, parameters, mostRows) => rowsOf(duckdb, connection, sql, parameters, mostRows),
    async *texts(sql) {
      for await (const rows of (await connection.stream(sql)).yieldRowsJson()) for (const [text] of rows) yield text as string;
    },
    countStatements: async (sql) => (await connection.extractStatements(sql)).count,
    interrupt: () => connection.interrupt(),
    [Symbol.dispose]() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

async function rowsOf(duckdb: Library, connection: DuckDBConnection, sql: string, parameters: Parameters, mostRows: number): Promise<Answer> {
  const reader = await connection.streamAndReadUntil(sql, mostRows + 1, { ...parameters });
  const columns = reader.columnNames().map((name, i) => ({ name, kind: kindOf(duckdb, reader.columnTypeId(i)) }));
  const asJson = reader.getRowsJson();
  const rows = reader.getRows().slice(0, mostRows).map((row, r) => row.map((value, c) => cellOf(value, asJson[r]?.[c], columns[c]?.kind === "time")));
  return { columns, rows, hasMore: reader.currentRowCount > mostRows };
}

function kindOf({ DuckDBTypeId }: Library, type: number): ColumnKind {
  const { TIMESTAMP, TIMESTAMP_TZ, VARCHAR, TINYINT, SMALLINT, INTEGER, BIGINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, FLOAT, DOUBLE, DECIMAL } = DuckDBTypeId;
  const isOneOf = (types: readonly number[]): boolean => types.includes(type);
  if (isOneOf([TIMESTAMP, TIMESTAMP_TZ])) return "time";
  if (isOneOf([VARCHAR])) return "text";
  return isOneOf([TINYINT, SMALLINT, INTEGER, BIGINT, UTINYINT, USMALLINT, UINTEGER, UBIGINT, HUGEINT, FLOAT, DOUBLE, DECIMAL]) ? "number" : "other";
}

/** `json` is the value as the library writes it in JSON: whole numbers and decimals of more than 32 bits as text. */
function cellOf(value: DuckDBValue, json: unknown, isTime: boolean): Cell {
  if (value === null) return null;
  if (isTime) return isoOf((value as DuckDBTimestampTZValue | DuckDBTimestampValue).micros);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return json as Cell;
}

/** The last and first moments that a Date can hold, ms. */
const MOST_DATE_MS = 8.64e15;

function isoOf(micros: bigint): string {
  const wallMs = Number(micros) / 1000;
  return Math.abs(wallMs) <= MOST_DATE_MS ? new Date(Math.floor(wallMs)).toISOString() : "infinity";
}

/** A text as SQL writes it. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
