import type { RecordKind } from "./shape.js";
import { recordsSql, type Sources } from "./sources.js";

/** A column of a view. */
export interface ViewColumn {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** What it is made of, in the record's own keys. */
  readonly from: string;
}

/** A view that queries see. */
export interface View {
  readonly name: string;
  readonly help: string;
  readonly columns: readonly ViewColumn[];
}

const column = (name: string, type: string, help: string, from = `"${name}"`): ViewColumn => ({ name, type, help, from });
const STREAM = column("stream", "VARCHAR", "name of the stream");
const EPOCH = column("epoch", "BIGINT", "1 for the first connection, one more at each reconnect");
const AT = column("recorded_at", "TIMESTAMPTZ", "when", '"at"');
const CAPTURED = column("captured_at", "TIMESTAMPTZ", "when the frame arrived", '"capturedAt"');
const CAUSES = ["no_slot", "busy", "too_old", "max_fps", "stopped"] as const;
const skippedBy = CAUSES.map((cause) => column(`skipped_${cause}`, "BIGINT", "of them, by cause", `coalesce(skipped.${cause}, 0)`));
const skippedSum = CAUSES.map((cause) => `coalesce(skipped.${cause}, 0)`).join(" + ");
const STAGES = ["queue", "normalise", "infer", "decode", "order", "total"] as const;
const STAGE_HELP: Readonly<Record<(typeof STAGES)[number], string>> = {
  queue: "capture until a worker began", normalise: "pixels to tensor", infer: "the model's run", decode: "tensors to boxes", order: "waiting for earlier frames", total: "capture to publish",
};

/** The views and what is in them. */
export const VIEWS = {
  frames: {
    kind: "frame", help: "one row a frame record",
    columns: [
      STREAM, EPOCH,
      column("frame", "BIGINT", "number of the frame"),
      column("outcome", "VARCHAR", "detected, failed, late, aborted or still"),
      column("pts_ms", "DOUBLE", "media time", '"ptsMs"'),
      CAPTURED,
      column("published_at", "TIMESTAMPTZ", "when its record left", '"publishedAt"'),
      column("width_px", "INTEGER", "of the source picture", '"widthPx"'),
      column("height_px", "INTEGER", "of the source picture", '"heightPx"'),
      column("model", "VARCHAR", "file name and the start of its SHA-256"),
      column("runtime", "VARCHAR", "library/device/precision"),
      ...STAGES.map((stage) => column(`${stage}_ms`, "DOUBLE", STAGE_HELP[stage], `"timesMs"."${stage}"`)),
      column("skipped", "BIGINT", "frames not looked at since the stream's record before", skippedSum),
      ...skippedBy,
      column("empty_before", "BIGINT", "frames before it in which nothing was seen, left out of the log", 'coalesce("emptyBefore", 0)'),
      column("still_before", "BIGINT", "frames before it in which nothing had changed, left out of the log", 'coalesce("stillBefore", 0)'),
      column("unchanged_since", "BIGINT", "of a still frame: the one whose objects are still there", '"unchangedSince"'),
      column("objects", "BIGINT", "how many objects were seen; 0 for a still frame, whose objects are those of unchanged_since", "len(objects)"),
      column("error_code", "VARCHAR", "why it was not detected", "error.code"),
      column("error_message", "VARCHAR", "the same in words", "error.message"),
    ],
  },
  objects: {
    kind: "frame", help: "one row an object of a frame",
    columns: [
      STREAM, EPOCH, column("frame", "BIGINT", "number of the frame"), CAPTURED,
      column("class_id", "INTEGER", "index in the model", 'o."classId"'),
      column("label", "VARCHAR", "name of the class", "o.label"),
      column("score", "DOUBLE", "0 to 1", "o.score"),
      ...["x1", "y1", "x2", "y2"].map((edge, i) => column(edge, "DOUBLE", "edge of the box, px of the source", `o.box[${i + 1}]`)),
      column("track_id", "BIGINT", "the same object in all frames of an epoch, with tracking", 'o."trackId"'),
    ],
  },
  states: {
    kind: "state", help: "one row a change of a live stream's state",
    columns: [
      STREAM, EPOCH, column("state", "VARCHAR", "connecting, live, stalled, ..."), column("reason", "VARCHAR", "code of the reason"), column("message", "VARCHAR", "the same in words"),
      column("attempt", "BIGINT", "number of the next try"), column("retry_in_ms", "DOUBLE", "how long until then", '"retryInMs"'), AT,
    ],
  },
  events: {
    kind: "event", help: "one row an event",
    columns: [
      STREAM, column("id", "VARCHAR", "the same for all records of one event"), column("kind", "VARCHAR", "zone.enter, line.cross, ..."), EPOCH, column("frame", "BIGINT", "where it was seen"),
      column("track_id", "BIGINT", "of whom", '"trackId"'), column("label", "VARCHAR", "name of the class"), column("before", "JSON", "what was so before"), column("after", "JSON", "what is so now"), AT,
    ],
  },
  gaps: {
    kind: "gap", help: "one row a stretch of records that the log did not get",
    columns: [
      STREAM, EPOCH, column("from_frame", "BIGINT", "first lost frame", '"fromFrame"'), column("to_frame", "BIGINT", "last lost frame", '"toFrame"'),
      column("cause", "VARCHAR", "why"), column("records", "BIGINT", "how many records"), AT,
    ],
  },
  stats: {
    kind: "stats", help: "one row a record of a stream's figures",
    columns: [
      STREAM, EPOCH, column("state", "VARCHAR", "state of the stream"), column("decoded", "BIGINT", "frames decoded so far"),
      ...["detected", "failed", "late", "aborted", "still"].map((outcome) => column(outcome, "BIGINT", "frames that ended so", `outcomes.${outcome}`)),
      column("skipped", "BIGINT", "frames not looked at", skippedSum), ...skippedBy,
      column("in_house", "BIGINT", "numbered, not yet ended", '"inHouse"'), column("fps_in", "DOUBLE", "decoded frames a second", 'fps."in"'), column("fps_out", "DOUBLE", "ended frames a second", 'fps."out"'),
      ...["p50", "p95", "p99"].map((name) => column(`${name}_ms`, "DOUBLE", "capture to publish", `"latencyMs".${name}`)),
      column("elapsed_ms", "DOUBLE", "since the start of the run", '"elapsedMs"'), column("error_code", "VARCHAR", "of the stream", "error.code"), AT,
    ],
  },
  logs: {
    kind: "log", help: "one row a line for the operator",
    columns: [STREAM, column("level", "VARCHAR", "info, warn or error"), column("code", "VARCHAR", "of the error"), column("message", "VARCHAR", "the words"), AT],
  },
} as const satisfies Record<string, Omit<View, "name"> & { readonly kind: RecordKind }>;

/** All views, for people. */
export const viewTable = (): View[] => Object.entries(VIEWS).map(([name, { help, columns }]) => ({ name, help, columns }));

/** The statements that make the views over some files. Pure. */
export const viewsSql = (sources: Sources): string =>
  Object.entries(VIEWS).map(([name, { kind, columns }]) => {
    const records = recordsSql(kind, sources);
    const from = name === "objects" ? `SELECT *, unnest(objects) AS o FROM (${records})` : records;
    return `CREATE VIEW ${name} AS SELECT ${columns.map((one) => `${one.from} AS "${one.name}"`).join(", ")} FROM (${from});`;
  }).join("\n");
