import { rm } from "node:fs/promises";
import { parquetOfCsv } from "../query/index.js";
import { csv } from "./csv.js";
import type { ExportFormat } from "./writer.js";

/** What the columns of the CSV hold, in DuckDB's words. */
const TYPES = {
  stream: "VARCHAR", run: "INTEGER", epoch: "BIGINT", frame: "BIGINT", pts_ms: "DOUBLE", captured_at: "TIMESTAMPTZ", width_px: "INTEGER", height_px: "INTEGER",
  class_id: "INTEGER", label: "VARCHAR", score: "DOUBLE", x1: "DOUBLE", y1: "DOUBLE", x2: "DOUBLE", y2: "DOUBLE", track_id: "BIGINT",
} as const;

/** The rows of the CSV, typed and packed. They lie beside the file as CSV until the end. */
export const parquet: ExportFormat = {
  kind: "file",
  hasBoxesOnly: true,
  async open(path) {
    const rows = `${path}.rows`;
    const writer = await csv.open(rows);
    return {
      frame: (frame) => writer.frame(frame),
      async finish() {
        const notes = await writer.finish([]);
        await parquetOfCsv(rows, TYPES, path);
        return notes;
      },
      async [Symbol.asyncDispose]() {
        await writer[Symbol.asyncDispose]();
        await rm(rows, { force: true });
      },
    };
  },
};
