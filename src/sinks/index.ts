export type { Sink } from "./sink.js";
export { openJsonl } from "./jsonl.js";
export { resumeJsonl, type LastFrame } from "./resume.js";
export { openStdout } from "./stdout.js";
export type { LineSink, LineSinkLimits } from "./line-sink.js";
export { recordQueue, type QueueLimits, type RecordQueue } from "./queue.js";
export { directSink } from "./direct.js";
