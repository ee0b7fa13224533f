import { CORNER_VALUES, POINT_VALUES, type DetectionBatch, type TopClasses } from "../core/detections.js";
import type { FrameHeader, FrameOutcome, SkipCause } from "../core/frame.js";
import type { StreamStats } from "../core/stats.js";
import type { StateChange } from "../core/stream-state.js";
import { RECORD_VERSION } from "./common.js";
import type { FrameRecord, StateRecord, StatsRecord, WireRecord } from "./records.js";

const SCORE_DECIMALS = 1e4;
const BOX_DECIMALS = 1e1;
const DURATION_DECIMALS = 1e2;
/** FFmpeg prints a time stamp in whole microseconds. */
const PTS_DECIMALS = 1e3;

/** Rounds to `1 / step`; never gives a negative zero, which a reader could tell from 0. */
const rounded = (value: number, step: number): number => Math.round(value * step) / step + 0;
const durationMs = (value: number): number => Math.max(0, rounded(value, DURATION_DECIMALS));

/** ISO 8601 in UTC with milliseconds, of a wall clock's ms since 1970. */
export const timeOfDay = (wallMs: number): string => new Date(wallMs).toISOString();

/** What a frame's record needs beyond its outcome. */
export interface FrameContext {
  /** File name of the model and the start of its SHA-256. */
  readonly modelId: string;
  /** Library, device, precision: `onnxruntime/cpu/f32`. */
  readonly runtime: string;
  /** Class names by class id. */
  readonly labels: readonly string[];
  /** Wall clock, ms since 1970. */
  readonly publishedAtMs: number;
  /** Waiting for earlier frames, ms. */
  readonly orderMs: number;
  /** Capture to publish, ms. */
  readonly totalMs: number;
  /** Frames not looked at since the last record; causes with 0 are left out of the record. */
  readonly skipped: Readonly<Partial<Record<SkipCause, number>>>;
  /** Of a still frame: the frame whose objects are still there. */
  readonly unchangedSince?: number;
}

function objectsOf(batch: DetectionBatch, labels: readonly string[], { widthPx, heightPx }: FrameHeader): FrameRecord["objects"] {
  const objects: FrameRecord["objects"] = [];
  const { boxes } = batch;
  const hasParts = batch.corners !== undefined || batch.keypoints !== undefined || batch.masks !== undefined || batch.polygons !== undefined || batch.topClasses !== undefined;
  for (let i = 0; i < batch.count; i += 1) {
    const classId = batch.classIds[i]!;
    const at = i * 4;
    objects.push({
      classId,
      label: labels[classId] ?? String(classId),
      score: rounded(batch.scores[i]!, SCORE_DECIMALS),
      box: [
        rounded(boxes[at]!, BOX_DECIMALS),
        rounded(boxes[at + 1]!, BOX_DECIMALS),
        rounded(boxes[at + 2]!, BOX_DECIMALS),
        rounded(boxes[at + 3]!, BOX_DECIMALS),
      ],
      ...(hasParts && partsOf(batch, i, labels, heightPx, widthPx)),
    });
  }
  return objects;
}

type ObjectRecord = FrameRecord["objects"][number];

/** What a model gives of one object beyond its box. */
function partsOf(batch: DetectionBatch, i: number, labels: readonly string[], heightPx: number, widthPx: number): Partial<ObjectRecord> {
  const { count, corners, keypoints, masks, polygons, topClasses } = batch;
  const mask = masks?.[i];
  return {
    ...(corners && { corners: pointsOf(corners.subarray(i * CORNER_VALUES, (i + 1) * CORNER_VALUES)) as NonNullable<ObjectRecord["corners"]> }),
    ...(keypoints && { keypoints: scoredPoints(keypoints.subarray((i * keypoints.length) / count, ((i + 1) * keypoints.length) / count)) }),
    ...(mask !== undefined && { mask: { size: [heightPx, widthPx] as [number, number], counts: mask } }),
    ...(polygons && { polygon: (polygons[i] ?? []).map((ring) => Array.from(ring, (value) => rounded(value, BOX_DECIMALS))) }),
    ...(topClasses && { classes: classesOf(topClasses, i, labels) }),
  };
}

function pointsOf(values: Float32Array): [number, number][] {
  return Array.from({ length: values.length / 2 }, (_, i) => [rounded(values[2 * i]!, BOX_DECIMALS), rounded(values[2 * i + 1]!, BOX_DECIMALS)]);
}

function scoredPoints(values: Float32Array): [number, number, number][] {
  return Array.from({ length: values.length / POINT_VALUES }, (_, i) => [
    rounded(values[POINT_VALUES * i]!, BOX_DECIMALS), rounded(values[POINT_VALUES * i + 1]!, BOX_DECIMALS), rounded(values[POINT_VALUES * i + 2]!, SCORE_DECIMALS),
  ]);
}

function classesOf({ perObject, classIds, scores }: TopClasses, i: number, labels: readonly string[]): NonNullable<ObjectRecord["classes"]> {
  return Array.from({ length: perObject }, (_, rank) => {
    const classId = classIds[i * perObject + rank]!;
    return { classId, label: labels[classId] ?? String(classId), score: rounded(scores[i * perObject + rank]!, SCORE_DECIMALS) };
  });
}

function timesOf(outcome: FrameOutcome, context: FrameContext): FrameRecord["timesMs"] {
  const ends = { order: durationMs(context.orderMs), total: durationMs(context.totalMs) };
  if (outcome.kind !== "detected") return ends;
  const { queue, normalise, infer, decode } = outcome.times;
  return {
    queue: durationMs(queue),
    normalise: durationMs(normalise),
    infer: durationMs(infer),
    decode: durationMs(decode),
    ...ends,
  };
}

/** The causes with a count; undefined when there are none. */
function skippedOf(skipped: FrameContext["skipped"]): FrameRecord["skipped"] {
  const some = Object.entries(skipped).filter(([, frames]) => frames > 0);
  return some.length > 0 ? Object.fromEntries(some) : undefined;
}

/**
 * The record of one ended frame.
 * Scores get 4 decimals, boxes 1, durations 2, the media time 3. Pure; runs for each frame, so nothing is validated here:
 * boxes and scores must be finite, boxes clipped to the picture.
 */
export function frameRecord(outcome: FrameOutcome, context: FrameContext): FrameRecord {
  const { header } = outcome;
  const skipped = skippedOf(context.skipped);
  return {
    v: RECORD_VERSION,
    type: "frame",
    stream: header.stream,
    epoch: header.epoch,
    frame: header.frame,
    outcome: outcome.kind,
    ...(context.unchangedSince !== undefined && { unchangedSince: context.unchangedSince }),
    ptsMs: header.ptsMs === null ? null : rounded(header.ptsMs, PTS_DECIMALS),
    capturedAt: timeOfDay(header.capturedAtMs),
    publishedAt: timeOfDay(context.publishedAtMs),
    widthPx: header.widthPx,
    heightPx: header.heightPx,
    model: context.modelId,
    runtime: context.runtime,
    timesMs: timesOf(outcome, context),
    ...(skipped && { skipped }),
    objects: outcome.kind === "detected" ? objectsOf(outcome.detections, context.labels, header) : [],
    ...("error" in outcome && { error: { code: outcome.error.code, message: outcome.error.message } }),
  };
}

/** The record of a stream's figures at a moment of the wall clock (ms since 1970). Durations and rates get 2 decimals. */
export function statsRecord(stats: StreamStats, atMs: number): StatsRecord {
  const stages = Object.entries(stats.stagesMs).map(([stage, meanMs]) => [stage, durationMs(meanMs)] as const);
  const { p50, p95, p99 } = stats.latencyMs;
  return {
    v: RECORD_VERSION,
    type: "stats",
    stream: stats.stream,
    ...(stats.labels && { labels: { ...stats.labels } }),
    epoch: stats.epoch,
    state: stats.state,
    decoded: stats.decoded,
    outcomes: { ...stats.outcomes },
    skipped: { ...stats.skipped },
    inHouse: stats.inHouse,
    inHouseLimit: stats.inHouseLimit,
    fps: { in: durationMs(stats.fps.in), out: durationMs(stats.fps.out) },
    latencyMs: { p50: durationMs(p50), p95: durationMs(p95), p99: durationMs(p99) },
    stagesMs: Object.fromEntries(stages),
    ...(stats.gate && { gate: { state: stats.gate.state, since: timeOfDay(stats.gate.sinceMs), looks: stats.gate.looks, meanMs: durationMs(stats.gate.meanMs) } }),
    objects: { ...stats.objects },
    expectedFrames: stats.expectedFrames,
    firstRecordMs: stats.firstRecordMs === null ? null : durationMs(stats.firstRecordMs),
    elapsedMs: durationMs(stats.elapsedMs),
    error: stats.error && { code: stats.error.code, message: stats.error.message },
    at: timeOfDay(atMs),
  };
}

/** The record of a change of state at a moment of the wall clock (ms since 1970). */
export function stateRecord(stream: string, change: StateChange, atMs: number): StateRecord {
  const { state, epoch, reason, message, attempt, retryInMs } = change;
  return {
    v: RECORD_VERSION,
    type: "state",
    stream,
    epoch,
    state,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    ...(attempt !== undefined && { attempt }),
    ...(retryInMs !== undefined && { retryInMs: durationMs(retryInMs) }),
    at: timeOfDay(atMs),
  };
}

/** A record with its one serialised form: what sinks and the gateway are given. */
export interface Published {
  readonly record: WireRecord;
  /** The record as JSON on one line, without a newline. */
  readonly line: string;
}

/** A record as JSON on one line, without a newline. */
export const toLine = (record: WireRecord): string => JSON.stringify(record);

/** Serialises a record once, for all of its readers. */
export const published = (record: WireRecord): Published => ({ record, line: toLine(record) });
