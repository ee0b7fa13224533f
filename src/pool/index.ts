export type { InferencePool } from "./pool.js";
export { openThreadPool, type ThreadPoolOptions } from "./threads.js";
export { loadModelInfo } from "./model-file.js";
export { describeRuntime, forbidTelemetry, openRuntimeSession, type OutputTensor, type RuntimeSession } from "./session.js";
export { locked, singleCaller, type SingleCaller } from "./instance.js";
export type { WorkerAnswer, WorkerTask } from "./messages.js";
