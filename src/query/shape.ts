import { quoted } from "./duckdb.js";

/** The types of a record's keys, never guessed from a file: what is guessed depends on what happens to stand first. */
export type Shape = Readonly<Record<string, string>>;

const OUTCOMES = "STRUCT(detected BIGINT, failed BIGINT, late BIGINT, aborted BIGINT, still BIGINT)";
const SKIPPED = "STRUCT(no_slot BIGINT, busy BIGINT, too_old BIGINT, max_fps BIGINT, stopped BIGINT)";
const ERROR = "STRUCT(code VARCHAR, message VARCHAR)";
const COMMON = { v: "INTEGER", type: "VARCHAR", stream: "VARCHAR" } as const;

/** Keys of each kind of record, as the records have them. */
export const SHAPES = {
  frame: {
    ...COMMON, epoch: "BIGINT", frame: "BIGINT", outcome: "VARCHAR", ptsMs: "DOUBLE", capturedAt: "TIMESTAMPTZ", publishedAt: "TIMESTAMPTZ",
    widthPx: "INTEGER", heightPx: "INTEGER", model: "VARCHAR", runtime: "VARCHAR",
    timesMs: 'STRUCT("queue" DOUBLE, "normalise" DOUBLE, "infer" DOUBLE, "decode" DOUBLE, "order" DOUBLE, "total" DOUBLE)',
    skipped: SKIPPED, emptyBefore: "BIGINT", stillBefore: "BIGINT", unchangedSince: "BIGINT",
    objects: 'STRUCT("classId" INTEGER, "label" VARCHAR, "score" DOUBLE, "box" DOUBLE[], "trackId" BIGINT)[]',
    error: ERROR,
  },
  state: { ...COMMON, epoch: "BIGINT", state: "VARCHAR", reason: "VARCHAR", message: "VARCHAR", attempt: "BIGINT", retryInMs: "DOUBLE", at: "TIMESTAMPTZ" },
  event: { ...COMMON, id: "VARCHAR", kind: "VARCHAR", epoch: "BIGINT", frame: "BIGINT", trackId: "BIGINT", label: "VARCHAR", before: "JSON", after: "JSON", at: "TIMESTAMPTZ" },
  gap: { ...COMMON, epoch: "BIGINT", fromFrame: "BIGINT", toFrame: "BIGINT", cause: "VARCHAR", records: "BIGINT", at: "TIMESTAMPTZ" },
  stats: {
    ...COMMON, epoch: "BIGINT", state: "VARCHAR", decoded: "BIGINT", outcomes: OUTCOMES, skipped: SKIPPED, inHouse: "BIGINT",
    fps: 'STRUCT("in" DOUBLE, "out" DOUBLE)', latencyMs: "STRUCT(p50 DOUBLE, p95 DOUBLE, p99 DOUBLE)", elapsedMs: "DOUBLE", error: ERROR, at: "TIMESTAMPTZ",
  },
  log: { ...COMMON, level: "VARCHAR", code: "VARCHAR", message: "VARCHAR", at: "TIMESTAMPTZ" },
} as const satisfies Record<string, Shape>;

/** A kind of record. */
export type RecordKind = keyof typeof SHAPES;

/** What a record of that kind always has; a line without is none. */
export const NEEDED: Readonly<Record<RecordKind, readonly string[]>> = {
  frame: ["stream", "epoch", "frame", "outcome", "capturedAt"],
  state: ["stream", "epoch", "state", "at"],
  event: ["stream", "id", "kind", "at"],
  gap: ["stream", "epoch", "records", "at"],
  stats: ["stream", "epoch", "decoded", "at"],
  log: ["level", "message", "at"],
};

/** The shape as `read_json` takes it. */
export const asColumns = (shape: Shape): string => `{${Object.entries(shape).map(([key, type]) => `"${key}": ${quoted(type)}`).join(", ")}}`;

/** The shape as `json_transform` takes it. */
export const asTransform = (shape: Shape): string => quoted(JSON.stringify(shape));
