import type { LineParser } from "../log/index.js";
import { parseRecord, type WireRecord } from "../wire/index.js";

/** What a line says of when it is to be played. */
export interface Sketch {
  /** The line as it is. */
  readonly text: string;
  /** Of the frame that it is the record of; null = another record, played with what stands before it. */
  readonly frame: { readonly stream: string; readonly capturedMs: number; readonly isAfterEmpty: boolean } | null;
}

/** The begin of a frame record as we write it. The rest is looked at when the record is played. */
const FRAME = /^\{"v":1,"type":"frame","stream":("(?:[^"\\]|\\.)*"),.{0,200}?"capturedAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",/;
/** Nothing was seen in frames before this one, or nothing had changed, and their records were left out. */
const AFTER_EMPTY = /"(?:empty|still)Before":/;

/** Reads as much of a line as a replay needs to find its place: some ten times faster than the whole. */
export const sketch: LineParser<Sketch> = (text) => {
  const found = text.endsWith("}") ? FRAME.exec(text) : null;
  if (found) return { record: { text, frame: { stream: JSON.parse(found[1]!) as string, capturedMs: Date.parse(found[2]!), isAfterEmpty: AFTER_EMPTY.test(text) } } };
  const read = parseRecord(text);
  return "record" in read ? { record: { text, frame: frameOf(read.record, text) } } : read;
};

function frameOf(record: WireRecord, text: string): Sketch["frame"] {
  if (record.type !== "frame") return null;
  return { stream: record.stream, capturedMs: Date.parse(record.capturedAt), isAfterEmpty: AFTER_EMPTY.test(text) };
}
