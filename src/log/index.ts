export { logFiles, type LogFile } from "./files.js";
export { lastFrames, type LastFrame } from "./last-frames.js";
export type { Compression, Period } from "./names.js";
export type { EmptyFrames } from "./thin.js";
export { openLog, type LogOptions, type LogWorld } from "./open.js";
export { readLines, readRecords, type LineParser, type LogEntry, type LogTrouble, type ReadOptions } from "./read.js";
export { verifyLog, type FileReport, type LogReport, type VerifyOptions } from "./verify.js";
export type { StreamAccount } from "./account.js";
