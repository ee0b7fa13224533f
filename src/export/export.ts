import { counted } from "../core/counted.js";
import { PipelineError } from "../core/errors.js";
import { readRecords, type LogEntry, type LogFile, type ReadOptions } from "../log/index.js";
import { freshOutput } from "../sinks/index.js";
import { coco } from "./coco.js";
import { csv } from "./csv.js";
import { mot } from "./mot.js";
import { parquet } from "./parquet.js";
import { selector, type Selection, type Selector } from "./select.js";
import { webvtt } from "./webvtt.js";
import type { ExportFormat } from "./writer.js";
import { yolo } from "./yolo.js";

/** All formats, by the name they are asked for with. */
export const EXPORT_FORMATS = { coco, yolo, csv, parquet, mot, webvtt } as const satisfies Record<string, ExportFormat>;
/** A key of the table. */
export type ExportFormatName = keyof typeof EXPORT_FORMATS;

/** What is exported, and where to. */
export interface ExportOptions extends Selection {
  readonly format: ExportFormatName;
  readonly out: string;
  /** What is at `out` is replaced. */
  readonly force: boolean;
}

/** What an export has done so far. */
export interface ExportCounts {
  records: number;
  /** Frames that are wanted: looked at, or still where the format takes those. */
  frames: number;
  objects: number;
  streams: number;
  /** What the person should know of what was written, a line each. */
  notes: readonly string[];
}

/** Who follows an export. */
export interface ExportWorld {
  readonly reading: Pick<ReadOptions, "onTrouble" | "parquetLines">;
  readonly signal: AbortSignal;
  /** Called for every record that was read. */
  readonly onEntry?: (entry: LogEntry, counts: ExportCounts) => void;
}

/**
 * Writes logs in another format, in one pass and bounded memory. What can't be read is told and left out. Nothing is at
 * `out` before all of it is whole.
 * @throws PipelineError E_OUT_EXISTS, E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL, E_LOG_EMPTY, E_LOG_STREAM, E_LOG_NOTHING, E_EXPORT, E_STOPPED
 */
export async function exportLog(files: readonly LogFile[], options: ExportOptions, { reading, signal, onEntry }: ExportWorld): Promise<ExportCounts> {
  const format: ExportFormat = EXPORT_FORMATS[options.format];
  await using output = await freshOutput(options.out, { kind: format.kind, force: options.force, ...(format.isOurs && { isOurs: format.isOurs }) });
  const counts: ExportCounts = { records: 0, frames: 0, objects: 0, streams: 0, notes: [] };
  let [beyondBoxes, leftOut] = [0, 0];
  const selected = selector(options, { still: format.takesStill ?? false });
  const streams = new Set<string>();
  {
    await using writer = await format.open(output.temporaryPath);
    for await (const entry of readRecords(files, reading)) {
      if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped before all was exported; nothing was kept");
      counts.records += 1;
      const frame = selected.pick(entry.record);
      if (frame) {
        counts.frames += 1;
        counts.objects += frame.objects.length;
        if (format.takesStill) leftOut += frame.record.stillBefore ?? 0;
        if (format.hasBoxesOnly) beyondBoxes += frame.objects.filter(({ mask, polygon, keypoints, corners }) => mask ?? polygon ?? keypoints ?? corners).length;
        counts.streams = streams.add(frame.record.stream).size;
        await writer.frame(frame);
      }
      onEntry?.(entry, counts);
    }
    throwIfNothing(options, counts, selected);
    // A log says no more of a model than its id, and the names of what was seen.
    const notes = [...(await writer.finish([]))];
    if (beyondBoxes > 0) notes.push(`${counted(beyondBoxes, "object")} of these ${beyondBoxes === 1 ? "has" : "have"} a mask, points or corners, which ${options.format} has no room for: their boxes alone were written; coco and yolo take all`);
    if (leftOut > 0) notes.push(`${counted(leftOut, "still frame")} of these ${leftOut === 1 ? "was" : "were"} left out of the log (log.emptyFrames), so nothing is written of what was there in ${leftOut === 1 ? "it" : "them"}`);
    counts.notes = notes;
  }
  await output.keep();
  return counts;
}

/** Most streams that a message names. */
const MOST_NAMED = 20;

function throwIfNothing({ stream }: Selection, { records, frames }: ExportCounts, selected: Selector): void {
  const streams = selected.streams();
  if (records > 0 && stream !== null && !streams.includes(stream)) throw new PipelineError("E_LOG_STREAM", `no frame of a stream ${JSON.stringify(stream)} is there; ${namesText(streams)}`);
  if (records === 0) throw new PipelineError("E_LOG_EMPTY", "no line that was read is a record");
  if (frames === 0) throw new PipelineError("E_LOG_NOTHING", `${records} records were read, and none is a frame that was looked at and matches`);
}

/** Streams in words: `the log has gate, yard and 3 more`. */
export function namesText(streams: readonly string[]): string {
  if (streams.length === 0) return "the log has no frames at all";
  const more = streams.length - MOST_NAMED;
  return `the log has ${streams.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
