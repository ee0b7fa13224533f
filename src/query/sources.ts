import { quoted } from "./duckdb.js";
import { asColumns, asTransform, NEEDED, SHAPES, type RecordKind, type Shape } from "./shape.js";

/** Longest line that is read, bytes; as in the room `log`. */
const MOST_LINE_BYTES = 16 * 1024 * 1024;
/** A character that no line of JSON holds, so that each line is one column. */
const NO_DELIMITER = "E'\\x01'";

/** The files of a log, by the way that they are read. All paths absolute. */
export interface Sources {
  /** JSON lines, packed or not: the fast way. It refuses a file with a line beyond all bounds as a whole. */
  readonly json: readonly string[];
  /** The same, line by line: takes twice as long, and every file. */
  readonly lines: readonly string[];
  /** Days that were put together by `compact`. */
  readonly parquet: readonly string[];
}

/** Names may hold what a pattern gives a meaning to. */
export const asPattern = (path: string): string => path.replace(/[*?[]/g, "[$&]");

const listOf = (paths: readonly string[]): string => `[${paths.map((path) => quoted(asPattern(path))).join(", ")}]`;

/** Lines of text files as the column `line`, in the order of the files. What is no UTF-8 or too long is left out. */
export const linesOf = (paths: readonly string[]): string =>
  `read_csv(${listOf(paths)}, columns = {'line': 'VARCHAR'}, auto_detect = false, header = false, delim = ${NO_DELIMITER}, quote = '', escape = '', strict_mode = false, ignore_errors = true, max_line_size = ${MOST_LINE_BYTES})`;

/** JSON lines as columns; a line that is none gives a row of NULLs. */
export const jsonOf = (paths: readonly string[], shape: Shape, more = ""): string =>
  `read_json(${listOf(paths)}, format = 'newline_delimited', columns = ${asColumns(shape)}, ignore_errors = true, maximum_object_size = ${MOST_LINE_BYTES}${more})`;

/** The columns of a shape out of the column `line` of a relation. What is no JSON gives NULLs. */
export const transformed = (relation: string, shape: Shape): string => `SELECT unnest(TRY(json_transform(line, ${asTransform(shape)}))) FROM ${relation}`;

/** Rows of Parquet files. */
export const parquetOf = (paths: readonly string[]): string => `read_parquet(${listOf(paths)})`;

/**
 * The records of one kind from all files, with the keys of the records as columns. Every column is there whatever the files
 * hold; rows of what is no such record are not.
 */
export function recordsSql(kind: RecordKind, { json, lines, parquet }: Sources): string {
  const shape: Shape = SHAPES[kind];
  const keys = Object.keys(shape).map((key) => `"${key}"`).join(", ");
  const parts = [
    ...(json.length > 0 ? [`SELECT ${keys} FROM ${jsonOf(json, shape)}`] : []),
    ...(lines.length > 0 ? [transformed(linesOf(lines), shape)] : []),
    ...(parquet.length > 0 ? [kind === "frame" ? `SELECT ${keys} FROM ${parquetOf(parquet)} WHERE type = 'frame'` : transformed(`(SELECT line FROM ${parquetOf(parquet)} WHERE type = '${kind}')`, shape)] : []),
  ];
  if (parts.length === 0) return `SELECT ${Object.entries(shape).map(([key, type]) => `NULL::${type} AS "${key}"`).join(", ")} WHERE false`;
  const needed = NEEDED[kind].map((key) => `"${key}" IS NOT NULL`).join(" AND ");
  return `SELECT ${keys} FROM (${parts.join(" UNION ALL ")}) WHERE v = 1 AND type = '${kind}' AND ${needed}`;
}

const KINDS = Object.keys(SHAPES).map(quoted).join(", ");

/** Lines of JSON files that are no records, counted by file. */
export const badLinesSql = (json: readonly string[]): string =>
  `SELECT filename, count(*) AS bad FROM ${jsonOf(json, { v: "INTEGER", type: "VARCHAR" }, ", filename = true")} WHERE coalesce(v = 1 AND type IN (${KINDS}), false) = false GROUP BY filename ORDER BY filename`;
