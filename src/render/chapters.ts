import { PipelineError } from "../core/errors.js";
import { readRecords, type LogFile, type ReadOptions } from "../log/index.js";
import type { FrameRecord } from "../wire/index.js";
import { runTracker } from "./runs.js";

/** Frame records of one run of one stream, to be drawn on a clip. */
export interface Chapter {
  readonly stream: string;
  /** Runs of this stream in the log. */
  readonly runs: number;
  readonly run: number;
  /** Frame records in it. */
  readonly records: number;
  /** Number of the clip's first frame in the log; null = to be found by its media time. */
  readonly base: number | null;
  readonly first: FrameRecord;
  /** Reads them, once. */
  frames(): AsyncGenerator<FrameRecord, void, undefined>;
}

/** What is looked for. */
export interface ChapterChoice {
  /** null = the only one. */
  readonly stream: string | null;
  /** From 1; null = the last. */
  readonly run: number | null;
}

/** Most names that a message holds. */
const MOST_NAMED = 20;

interface Found {
  runs: number;
  readonly byRun: Map<number, { base: number | null; first: FrameRecord; records: number }>;
}
/** Runs of a stream that are remembered. */
const MOST_RUNS = 1000;

/**
 * Finds a stream's run in logs; reads all of them once. What can't be read is told then, and not again by `frames`.
 * @throws PipelineError E_LOG_EMPTY, E_LOG_STREAM, E_LOG_NOTHING, E_STOPPED
 */
export async function findChapter(files: readonly LogFile[], choice: ChapterChoice, reading: Pick<ReadOptions, "onTrouble" | "parquetLines">, signal: AbortSignal): Promise<Chapter> {
  const streams = await survey(files, reading, signal);
  const stream = choice.stream ?? onlyOne([...streams.keys()]);
  const found = streams.get(stream);
  if (!found) throw new PipelineError("E_LOG_STREAM", `no frame of a stream ${JSON.stringify(stream)} is there; ${named([...streams.keys()])}`);
  const run = choice.run ?? found.runs;
  const about = found.byRun.get(run);
  if (!about) throw new PipelineError("E_LOG_NOTHING", `there is no run ${run} of ${stream}; the log has ${found.runs}`);
  return {
    stream, runs: found.runs, run, ...about,
    async *frames() {
      const runOf = runTracker();
      for await (const { record } of readRecords(files, { ...reading, onTrouble: () => undefined })) {
        if (record.type === "frame" && record.stream === stream && runOf(record).number === run) yield record;
      }
    },
  };
}

async function survey(files: readonly LogFile[], reading: Pick<ReadOptions, "onTrouble" | "parquetLines">, signal: AbortSignal): Promise<Map<string, Found>> {
  const streams = new Map<string, Found>();
  const runOf = runTracker();
  for await (const { record } of readRecords(files, reading)) {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped while the log was read");
    if (record.type !== "frame") continue;
    const { number, base } = runOf(record);
    const found: Found = streams.get(record.stream) ?? { runs: 0, byRun: new Map() };
    streams.set(record.stream, found);
    found.runs = number;
    const known = found.byRun.get(number);
    if (known) known.records += 1;
    else found.byRun.set(number, { base, first: record, records: 1 });
    if (found.byRun.size > MOST_RUNS) found.byRun.delete(number - MOST_RUNS);
  }
  if (streams.size === 0) throw new PipelineError("E_LOG_EMPTY", "the log has no record of a frame");
  return streams;
}

function onlyOne(streams: readonly string[]): string {
  const [only] = streams;
  if (streams.length === 1 && only !== undefined) return only;
  throw new PipelineError("E_LOG_STREAM", `a clip is one stream, and ${named(streams)}`);
}

function named(streams: readonly string[]): string {
  const more = streams.length - MOST_NAMED;
  return `the log has ${streams.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
