import { detectionBatch } from "../../src/core/detections.js";
import type { FrameHeader, FrameOutcome } from "../../src/core/frame.js";
import type { StreamStats } from "../../src/core/stats.js";
import { frameRecord, published, type FrameContext, type Published } from "../../src/wire/index.js";

/** 2026-11-20T10:00:00.123Z */
export const CAPTURED_AT_MS = 1795168800123;

export function header(frame: number, more: Partial<FrameHeader> = {}): FrameHeader {
  return {
    stream: "gate",
    epoch: 1,
    frame,
    ptsMs: frame * 40,
    capturedAtMs: CAPTURED_AT_MS,
    capturedMonoMs: 500,
    widthPx: 1920,
    heightPx: 1080,
    ...more,
  };
}

export function detected(at: FrameHeader, boxes: number[] = [], classId = 2): FrameOutcome {
  const objects = boxes.length / 4;
  const detections = detectionBatch(
    Float32Array.from(boxes),
    new Float32Array(objects).fill(0.91),
    new Int32Array(objects).fill(classId),
  );
  return { kind: "detected", header: at, detections, times: { queue: 1.234, normalise: 0.5, infer: 17.9, decode: 0.3 } };
}

export const context: FrameContext = {
  modelId: "yolox_nano@695e750a",
  runtime: "onnxruntime/cpu/f32",
  labels: ["person", "bicycle", "car"],
  publishedAtMs: CAPTURED_AT_MS + 48,
  orderMs: 0.4,
  totalMs: 48,
  skipped: {},
};

/** A published record of a detected frame with some boxes. */
export function publishedFrame(frame: number, more: Partial<FrameHeader> = {}, boxes: number[] = []): Published {
  return published(frameRecord(detected(header(frame, more), boxes), context));
}

export const stats: StreamStats = {
  stream: "gate",
  state: "live",
  epoch: 1,
  decoded: 60,
  outcomes: { detected: 50, failed: 1, late: 0, aborted: 0, still: 0 },
  skipped: { no_slot: 0, busy: 7, too_old: 0, max_fps: 0, stopped: 0 },
  inHouse: 2,
  inHouseLimit: 4,
  fps: { in: 25.004, out: 24.6 },
  latencyMs: { p50: 46.123, p95: 61, p99: 80 },
  stagesMs: { infer: 17.9 },
  objects: { car: 120 },
  expectedFrames: null,
  firstRecordMs: 412.345,
  elapsedMs: 2400,
  error: null,
};
