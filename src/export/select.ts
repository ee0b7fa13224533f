import { stillPresent } from "../core/still.js";
import type { FrameRecord, WireRecord } from "../wire/index.js";
import { fileNameOf } from "./frame-file.js";
import type { ExportFrame } from "./writer.js";

/** What of a log is wanted. */
export interface Selection {
  /** Only this stream; null = all. */
  readonly stream: string | null;
  /** Captured at or after, ms since 1970. */
  readonly sinceMs: number | null;
  /** Captured before, ms since 1970. */
  readonly untilMs: number | null;
  /** Least score, 0 to 1. */
  readonly minScore: number;
  /** Classes by name or number; empty = all. */
  readonly classes: readonly string[];
}

/** Which frames a format takes. */
export interface Takes {
  /** Whether still ones too, with the objects that are still there. */
  readonly still: boolean;
}

/** Picks frames that were looked at, and still ones where they are taken, with the objects that are wanted, and counts each stream's runs. */
export interface Selector {
  /** undefined = not wanted. */
  pick(record: WireRecord): ExportFrame | undefined;
  /** Streams that had a frame record, wanted or not, in their order. */
  streams(): string[];
}

/** Makes a selector; it remembers a number or two of each stream. */
export function selector({ stream, sinceMs, untilMs, minScore, classes }: Selection, takes: Takes = { still: false }): Selector {
  const present = stillPresent();
  const runs = new Map<string, { run: number; frame: number }>();
  const isWanted = (object: FrameRecord["objects"][number]): boolean =>
    object.score >= minScore && (classes.length === 0 || classes.includes(object.label) || classes.includes(String(object.classId)));
  function runOf({ stream: name, frame }: FrameRecord): number {
    const known = runs.get(name) ?? { run: 1, frame: -1 };
    // Numbers are never given twice in a stream's life: these are of a later one.
    if (frame <= known.frame) known.run += 1;
    known.frame = frame;
    runs.set(name, known);
    return known.run;
  }
  return {
    pick(record) {
      if (record.type !== "frame") return undefined;
      const run = runOf(record);
      const { objects } = present(record);
      const isTaken = record.outcome === "detected" || (takes.still && record.outcome === "still");
      if (!isTaken || (stream !== null && record.stream !== stream)) return undefined;
      const atMs = Date.parse(record.capturedAt);
      if ((sinceMs !== null && atMs < sinceMs) || (untilMs !== null && atMs >= untilMs)) return undefined;
      return { record, objects: objects.filter(isWanted), run, fileName: fileNameOf(record.stream, run) };
    },
    streams: () => [...runs.keys()],
  };
}
