/** The library's face: what may be imported from `sightline`. Nothing else is reachable. */
export { settingsSchema, type Settings } from "./config/index.js";
export { systemClock, type Clock } from "./core/clock.js";
export type { DetectionBatch } from "./core/detections.js";
export { ERROR_TABLE, PipelineError, type ErrorCode, type ErrorWire } from "./core/errors.js";
export type { FrameHeader, FrameOutcome, OutcomeKind, SkipCause, StageTimes } from "./core/frame.js";
export type { StreamStats } from "./core/stats.js";
export type { ModelInfo } from "./model/index.js";
export { observe } from "./observe.js";
export { locked, ModelInstance } from "./pool/index.js";
export type { Detections, DetectFilter, InstanceOptions, LockedInstance, LockOptions, PlanarFrame, WaitOptions } from "./pool/index.js";
export type { FrameRecord, GapRecord, Published, StateRecord, StatsRecord, WireRecord } from "./wire/index.js";
export { openSession, type Notice, type Session, type SessionOptions, type StreamOptions, type World } from "./session/index.js";
export type { Sink } from "./sinks/index.js";
