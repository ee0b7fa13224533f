export { NONE_REPLACED, type InferenceMode, type InferencePool, type PoolAnswer, type PoolNotice, type Seat } from "./pool.js";
export { instancesOf, openPool, type PoolOptions } from "./open.js";
export { openProcessPool, type ProcessPoolOptions } from "./processes.js";
export { openThreadPool, type ThreadPoolOptions } from "./threads.js";
export { loadModelInfo } from "./model-file.js";
export { describeRuntime, forbidTelemetry, openRuntimeSession, type OutputTensor, type RuntimeSession } from "./session.js";
export { locked, singleCaller, type SingleCaller } from "./instance.js";
export { taskLimits, type TaskLimits, type WorkerAnswer, type WorkerTask } from "./messages.js";
