export { openQueuePool, type QueuePool, type QueuePoolOptions, type Tell } from "./open.js";
export { openQueueWorker, type QueueWorker, type WorkerFigures, type WorkerOptions } from "./worker.js";
export { examineQueue, type QueueExamined } from "./examine.js";
export type { BrokerOptions } from "./broker-options.js";
export type { QueueRules } from "./jetstream.js";
export type { FrameEncoding } from "./task.js";
export type { QueueOptions } from "./options.js";
