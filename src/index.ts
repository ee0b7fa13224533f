/**
 * The library's face: what may be imported from `sightline`. Nothing else is reachable.
 *
 * `pipeline` is the whole way from sources to detections; `openSession` the same with streams that come and go, sinks and the
 * page; `openSource` and `ModelInstance` are its parts, for who brings the way between them.
 */
export { settingsSchema, type Settings } from "./config/index.js";
export type { GateRule, Sensitivity, WishTimes } from "./gate/index.js";
export { systemClock, type Clock } from "./core/clock.js";
export type { DetectionBatch, ObjectParts, TopClasses } from "./core/detections.js";
export type { Device, Precision, Runtime, RuntimeWish, WantedDevice, WantedPrecision } from "./core/devices.js";
export { ERROR_TABLE, PipelineError, type ErrorCode, type ErrorWire } from "./core/errors.js";
export { SKIP_CAUSES, type FrameHeader, type FrameKey, type OutcomeKind, type SkipCause } from "./core/frame.js";
export type { GateStats, Percentiles, StreamStats } from "./core/stats.js";
export { STREAM_STATES, type StateChange, type StreamState } from "./core/stream-state.js";
export { observe, openSource, pipeline } from "./embed/index.js";
export type { EmbedWorld, FrameSource, FrameSourceOptions, Pipeline, PipelineOptions, SourceFrame } from "./embed/index.js";
export { MASK_FORMS, TASKS } from "./model/index.js";
export type { Polygon } from "./core/area.js";
export type { DetectSettings, Family, Head, InputLook, InputRows, InputType, LabelsFrom, Letterbox, LetterboxRule, MaskForm, ModelInfo, ObjectLimits, RgbPixels, SizeInput, SizePx, Task } from "./model/index.js";
export type { RawPicture, Still } from "./picture/index.js";
export { locked, ModelInstance } from "./pool/index.js";
export type { Detections, DetectFilter, InferenceMode, InstanceOptions, LockedInstance, ModelSource, ModelWords, ShareOptions, PlanarFrame, WaitOptions } from "./pool/index.js";
export type { BrokerOptions, FrameEncoding, QueueOptions, QueueRules } from "./queue/index.js";
export { openSession, type GateSettings, type Notice, type Pulse, type Session, type SessionOptions, type StreamOptions, type World } from "./session/index.js";
export { directSink, openStdout, type LineSinkLimits, type Sink } from "./sinks/index.js";
export { logFiles, openLog, readRecords, type Compression, type EmptyFrames, type LogEntry, type LogFile, type LogOptions, type LogTrouble, type LogWorld, type Period, type ReadOptions } from "./log/index.js";
export type { ApiSourcePolicy, DecodeMode, DecodeWish, HardwareDecoding, InputSettings } from "./source/index.js";
export type { FrameRecord, GapRecord, Published, StateRecord, StatsRecord, WireRecord } from "./wire/index.js";
