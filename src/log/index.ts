export { removeForGood, renameForGood } from "./disk.js";
export { logFiles, partsOf, streamsOf, type ClosedPart, type LogFile } from "./files.js";
export { lastFrames, type LastFrame } from "./last-frames.js";
export type { Compression, Period } from "./names.js";
export type { EmptyFrames } from "./thin.js";
export { openLog, type LogOptions, type LogWorld } from "./open.js";
export { readLines, readRecords, type LineParser, type LogEntry, type LogTrouble, type ReadOptions } from "./read.js";
export { partPath, pathFor, STREAM_PLACE } from "./names.js";
export { markOf, noteReplaced, replacesNote, stillReplaced } from "./replaced.js";
