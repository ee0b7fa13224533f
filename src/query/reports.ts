import { PipelineError } from "../core/errors.js";
import type { Query } from "./ask.js";
import type { Parameters } from "./duckdb.js";

/** What a report is about; left out = everything. */
export interface ReportAsk {
  /** From then on, ISO 8601 in UTC. */
  readonly since?: string | undefined;
  /** Before then. */
  readonly until?: string | undefined;
  /** Only these streams; an empty list is none. */
  readonly streams?: readonly string[] | undefined;
  /** Length of one row's time, s. */
  readonly stepS?: number | undefined;
}

/** How a report is drawn. */
export type PlotSpec =
  | { readonly kind: "lines"; readonly time: string; readonly series: string; readonly value: string }
  | { readonly kind: "bars"; readonly names: readonly string[]; readonly value: string };

/** A ready question. */
export interface Report {
  readonly name: string;
  readonly title: string;
  readonly help: string;
  readonly plot: PlotSpec;
  readonly hasStep: boolean;
}

/** Between two frames of a stream this is no gap yet, s. */
export const GAP_S = 10;
/** A report's rows without an end are of no use to anybody. */
export const MOST_REPORT_ROWS = 50_000;
const DEFAULT_STEP_S = 60;

interface Template extends Report {
  /** `where` is a condition on stream and captured_at, `step` the seconds of a row. */
  readonly sql: (where: string, step: string) => string;
}

/** Steps between the frames of each stream; what was thinned out was there, so it is no gap. */
const steps = (where: string): string => `
  SELECT stream, captured_at, empty_before + still_before AS left_out,
    lag(captured_at) OVER (PARTITION BY stream ORDER BY captured_at) AS before_at
  FROM frames WHERE ${where}`;
const isGap = `before_at IS NOT NULL AND left_out = 0 AND captured_at - before_at > INTERVAL ${GAP_S} SECOND`;
const gapS = "epoch(captured_at - before_at)";

const TEMPLATES: readonly Template[] = [
  {
    name: "busiest", title: "Busiest streams", hasStep: false, plot: { kind: "bars", names: ["stream"], value: "objects" },
    help: "frames looked at, objects seen, and the minute with most of them",
    sql: (where) => `
WITH looked AS (SELECT stream, sum((outcome = 'detected')::INTEGER + empty_before)::BIGINT AS frames FROM frames WHERE ${where} AND outcome IN ('detected', 'still') GROUP BY stream),
minutes AS (SELECT stream, time_bucket(INTERVAL 1 MINUTE, captured_at) AS minute, sum(objects)::BIGINT AS objects FROM frames WHERE ${where} GROUP BY ALL)
SELECT stream, any_value(frames) AS frames, sum(objects)::BIGINT AS objects, round(sum(objects) / any_value(frames), 2) AS objects_per_frame,
  arg_max(minute, (objects, -epoch(minute))) AS busiest_minute, max(objects) AS objects_in_it
FROM minutes LEFT JOIN looked USING (stream) GROUP BY stream ORDER BY objects DESC, stream`,
  },
  {
    name: "classes", title: "Objects by class and time", hasStep: true, plot: { kind: "lines", time: "time", series: "label", value: "objects" },
    help: "objects seen of each class in each step of time (a minute, where nothing else is said), over all frames",
    sql: (where, step) => `
SELECT time_bucket(to_seconds(${step}), captured_at) AS time, label, count(*) AS objects
FROM objects WHERE ${where} GROUP BY ALL ORDER BY time, label`,
  },
  {
    name: "uptime", title: "Uptime", hasStep: false, plot: { kind: "bars", names: ["stream"], value: "up_percent" },
    help: `how much of the time between its first and last frame a stream was there; more than ${GAP_S} s without a frame is a gap`,
    sql: (where) => `
WITH steps AS (${steps(where)}),
losses AS (SELECT stream, sum(records)::BIGINT AS lost FROM gaps WHERE ${where.replaceAll("captured_at", "recorded_at")} GROUP BY stream)
SELECT stream, min(captured_at) AS first, max(captured_at) AS last,
  round(100 * (1 - coalesce(sum(${gapS}) FILTER (${isGap}), 0) / greatest(epoch(max(captured_at) - min(captured_at)), 0.001)), 3) AS up_percent,
  count(*) FILTER (${isGap}) AS gaps,
  coalesce(round(max(${gapS}) FILTER (${isGap}), 1), 0) AS longest_gap_s,
  coalesce(any_value(lost), 0) AS records_lost
FROM steps LEFT JOIN losses USING (stream) GROUP BY stream ORDER BY up_percent, stream`,
  },
  {
    name: "gaps", title: "Gaps", hasStep: false, plot: { kind: "bars", names: ["stream", "from"], value: "seconds" },
    help: `each stretch of more than ${GAP_S} s without a frame, the longest first`,
    sql: (where) => `
SELECT stream, before_at AS "from", captured_at AS "to", round(${gapS}, 1) AS seconds
FROM (${steps(where)}) WHERE ${isGap} ORDER BY seconds DESC, stream, "from"`,
  },
  {
    name: "latency", title: "Latency", hasStep: false, plot: { kind: "bars", names: ["stream"], value: "p95_ms" },
    help: "percentiles of the time from capture to publish of detected frames, and the mean of its stages",
    sql: (where) => `
SELECT stream, frames, round(q[1], 1) AS p50_ms, round(q[2], 1) AS p95_ms, round(q[3], 1) AS p99_ms, round(most, 1) AS max_ms,
  round(queue, 2) AS mean_queue_ms, round(infer, 2) AS mean_infer_ms, round("order", 2) AS mean_order_ms
FROM (SELECT stream, count(*) AS frames, quantile_cont(total_ms, [0.5, 0.95, 0.99]) AS q, max(total_ms) AS most, avg(queue_ms) AS queue, avg(infer_ms) AS infer, avg(order_ms) AS "order"
  FROM frames WHERE ${where} AND outcome = 'detected' GROUP BY stream) ORDER BY p95_ms DESC, stream`,
  },
  {
    name: "seen", title: "First and last seen", hasStep: false, plot: { kind: "bars", names: ["stream", "label"], value: "objects" },
    help: "when each class was seen first and last by each stream, how often, and with which best score",
    sql: (where) => `
SELECT stream, label, min(captured_at) AS first, max(captured_at) AS last, count(*) AS objects, round(max(score), 3) AS best_score
FROM objects WHERE ${where} GROUP BY stream, label ORDER BY stream, objects DESC, label`,
  },
];

/** The reports that there are. */
export const REPORTS: readonly Report[] = TEMPLATES;

/** @throws PipelineError E_REPORT_UNKNOWN, which names those that there are */
export function reportNamed(name: string): Report {
  return templateNamed(name);
}

function templateNamed(name: string): Template {
  const found = TEMPLATES.find((one) => one.name === name);
  if (found === undefined) throw new PipelineError("E_REPORT_UNKNOWN", `there is no report ${JSON.stringify(name)}; there are ${TEMPLATES.map((one) => one.name).join(", ")}`);
  return found;
}

/**
 * The query of a report. Its text is fixed but for how many streams are asked for; what was asked for are parameters. Pure.
 * @throws PipelineError E_REPORT_UNKNOWN
 */
export function reportQuery(name: string, { since, until, streams, stepS = DEFAULT_STEP_S }: ReportAsk): Query {
  const { sql, hasStep } = templateNamed(name);
  const conditions = [
    ...(since === undefined ? [] : ["captured_at >= $since::TIMESTAMPTZ"]),
    ...(until === undefined ? [] : ["captured_at < $until::TIMESTAMPTZ"]),
    ...(streams === undefined ? [] : [streams.length === 0 ? "false" : `stream IN (${streams.map((_, i) => `$stream${i}`).join(", ")})`]),
  ];
  const parameters: Parameters = {
    ...(since !== undefined && { since }), ...(until !== undefined && { until }), ...(hasStep && { step: stepS }),
    ...Object.fromEntries((streams ?? []).map((stream, i) => [`stream${i}`, stream])),
  };
  return { sql: sql(conditions.length > 0 ? conditions.join(" AND ") : "true", "$step"), parameters };
}
