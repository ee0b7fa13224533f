export { logFiles, type LogFile } from "./files.js";
export { lastFrames, type LastFrame } from "./last-frames.js";
export { openLog, type LogOptions, type LogWorld } from "./open.js";
export { readRecords, type LogEntry, type LogTrouble, type ReadOptions } from "./read.js";
