export { logFiles, type LogFile } from "./files.js";
export { readRecords, type LogEntry, type LogTrouble, type ReadOptions } from "./read.js";
