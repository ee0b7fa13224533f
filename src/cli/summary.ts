import { ERROR_TABLE, type ErrorWire } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import { accountingOf, listed, totalsOf, type Accounting, type Totals } from "./figures.js";
import type { StopSignal } from "./stop.js";
import { printable, type Paint } from "./terminal.js";

/** What `run --json` prints: stable keys, new ones may be added within `v: 1`. */
export interface RunReport {
  readonly v: 1;
  readonly command: "run" | "demo";
  /** Whether nothing went wrong. A run that was stopped by a signal did not go wrong. */
  readonly ok: boolean;
  readonly exitCode: number;
  /** The signal that stopped the run; null when it ended by itself. */
  readonly stoppedBy: StopSignal | null;
  /** What ended the run, or its first failed stream; null when nothing did. */
  readonly error: (ErrorWire & { readonly next: string }) | null;
  /** null when the run ended before the model was open. */
  readonly model: string | null;
  /** Where the model ran: threads, shared or processes. */
  readonly mode: string;
  readonly workers: number | null;
  readonly url: string | null;
  readonly streams: readonly StreamStats[];
  readonly totals: Totals;
  readonly accounting: Accounting;
}

/** What a run was, as far as it came. */
export interface RunFacts {
  readonly command: "run" | "demo";
  readonly stoppedBy: StopSignal | null;
  /** What ended the run as a whole. */
  readonly error: ErrorWire | null;
  readonly model: string | null;
  readonly mode: string;
  readonly workers: number | null;
  readonly url: string | null;
  readonly streams: readonly StreamStats[];
}

/** Adds up a run and decides its exit status. Pure. */
export function reportOf(facts: RunFacts): RunReport {
  const totals = totalsOf(facts.streams);
  const errors = [...(facts.error === null ? [] : [facts.error]), ...failures(facts.streams).map((failed) => failed.error)];
  // A stuck pool decides how the process has to end, whatever else went wrong.
  const error = errors.find(({ code }) => code === "E_POOL_STUCK") ?? errors[0] ?? null;
  return {
    v: 1,
    command: facts.command,
    ok: error === null,
    exitCode: error === null ? 0 : ERROR_TABLE[error.code].exit,
    stoppedBy: facts.stoppedBy,
    error: error && { ...error, next: ERROR_TABLE[error.code].next },
    model: facts.model,
    mode: facts.mode,
    workers: facts.workers,
    url: facts.url,
    streams: facts.streams,
    totals,
    accounting: accountingOf(totals),
  };
}

/** Streams that failed, with their reason. A reader of standard output that went away is no failure. */
export function failures(streams: readonly StreamStats[]): { readonly stream: string; readonly error: ErrorWire }[] {
  return streams.flatMap(({ stream, state, error }) => (state === "failed" && error !== null && error.code !== "E_STOPPED" ? [{ stream, error }] : []));
}

/** The report as one line of JSON; durations and rates to a thousandth. */
export function reportJson(report: RunReport): string {
  return JSON.stringify(report, (_, value: unknown) => (typeof value === "number" ? Math.round(value * 1000) / 1000 : value));
}

/** The report for a person: three lines a stream. Pure. */
export function summaryText({ streams, model, mode, workers }: RunReport, paint: Paint): string {
  return streams.map((stream) => streamText(stream, `${model}, mode ${mode}, ${workers} worker${workers === 1 ? "" : "s"}`, paint)).join("\n");
}

function streamText(stats: StreamStats, by: string, paint: Paint): string {
  const { latencyMs, skipped, outcomes } = stats;
  const { detected: _, still, ...lostFrames } = outcomes;
  const seconds = (stats.elapsedMs / 1000).toFixed(1);
  const row = (name: string, text: string): string => `  ${paint.dim(name.padEnd(8))}  ${text}`;
  const lines = [
    `${paint.bold(printable(stats.stream))}  ${stats.decoded} frames in ${seconds} s, ${stats.fps.out.toFixed(1)} fps  ${paint.dim(`(${printable(by)})`)}`,
    row("latency", `p50 ${latencyMs.p50.toFixed(1)}  p95 ${latencyMs.p95.toFixed(1)}  p99 ${latencyMs.p99.toFixed(1)} ms`),
    row("dropped", listed(skipped) || "none"),
    row("objects", printable(listed(stats.objects)) || "none"),
  ];
  if (still > 0) lines.push(row("still", `${still} frames in which nothing had changed were not looked at (gate: motion)`));
  const lost = listed(lostFrames);
  if (lost !== "") lines.push(row("lost", paint.yellow(lost)));
  return lines.join("\n");
}
