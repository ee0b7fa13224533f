export type { Sink } from "./sink.js";
export { openDevice } from "./device.js";
export { openStdout } from "./stdout.js";
export { LineSink, type LineSinkLimits, type Patience, type SinkHealth } from "./line-sink.js";
export { outputError, TargetFailure, type WriteTarget } from "./target.js";
export { recordQueue, type QueueLimits, type RecordQueue } from "./queue.js";
export { directSink } from "./direct.js";
export { freshOutput, type FreshOptions, type FreshOutput } from "./fresh.js";
