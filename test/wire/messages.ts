const at = "2026-11-20T10:00:00.123Z";

/** One of each request, everything that may stand in it filled in. */
export const REQUESTS = {
  Subscribe: {
    type: "subscribe", id: "main", streams: ["gate"], topics: ["detections", "log"], classes: ["car"], minScore: 0.5, maxFps: 5, empty: false, queue: "latest",
    since: { gate: { epoch: 3, frame: 1841 } },
  },
  Unsubscribe: { type: "unsubscribe", id: "main" },
  Ack: { type: "ack", stream: "gate", frame: 1841 },
  Ping: { type: "ping", id: "p1" },
};

const FRAME = {
  v: 1, type: "frame", stream: "gate", epoch: 3, frame: 1841, outcome: "detected", ptsMs: 61366.7, capturedAt: at, publishedAt: at, widthPx: 1920, heightPx: 1080,
  model: "yolox_nano@695e750a", runtime: "onnxruntime/cpu/f32", timesMs: { queue: 1.2, normalise: 0.5, infer: 17.9, decode: 0.3, order: 0.4, total: 48 }, skipped: { busy: 2 },
  objects: [{
    classId: 2, label: "car", score: 0.91, box: [614.2, 300.1, 702.9, 371.4], trackId: 17,
    corners: [[614.2, 300.1], [702.9, 300.1], [702.9, 371.4], [614.2, 371.4]], keypoints: [[650, 320.5, 0.9]], mask: { size: [1080, 1920], counts: "abc1" },
  }] as [Record<string, unknown>],
};
const STATE = { v: 1, type: "state", stream: "gate", epoch: 4, state: "reconnecting", reason: "E_SOURCE_STALLED", message: "no frame for 10 s", attempt: 3, retryInMs: 4000, at };
const STATS = {
  v: 1, type: "stats", stream: "gate", labels: { site: "north" }, epoch: 1, state: "live", decoded: 60, outcomes: { detected: 50, failed: 1, late: 0, aborted: 0, still: 0 },
  skipped: { no_slot: 0, busy: 7, too_old: 0, max_fps: 0, stopped: 0 }, inHouse: 2, inHouseLimit: 4, fps: { in: 25, out: 24.6 }, latencyMs: { p50: 46.12, p95: 61, p99: 80 },
  stagesMs: { infer: 17.9 }, objects: { car: 120 }, expectedFrames: null, firstRecordMs: 412.35, elapsedMs: 2400, error: null, at,
};
const LOG = { v: 1, type: "log", level: "warn", stream: "gate", code: "E_SOURCE_STALLED", message: "no frame for 10 s", at };

/** One of each message, everything that may stand in it filled in. */
export const MESSAGES = {
  Hello: {
    type: "hello", protocol: "sightline.v1", version: "1.2.3", instance: "ab12", serverTime: at, streams: ["gate"],
    limits: { requestBytes: 65_536, subscriptions: 16, queueBytes: 1, queueAgeMs: 1, stalledMs: 1, historyFrames: 0 },
  },
  Subscribed: { type: "subscribed", id: "main", streams: ["*"], topics: ["detections"], classes: ["car"], minScore: 0, maxFps: 5, empty: true, queue: "all" },
  Unsubscribed: { type: "unsubscribed", id: "main" },
  Snapshot: { type: "snapshot", id: "main", streams: [{ stream: "gate", frame: FRAME, state: STATE, stats: STATS }], log: [LOG] },
  Error: { type: "error", code: "E_REQUEST", message: "no", id: "main" },
  Pong: { type: "pong", id: "p1", serverTime: at },
  Playback: {
    type: "playback", instance: "ab12-3", state: "playing", positionMs: 61_366, durationMs: 600_000, at, beginsAt: at, endsAt: at, speed: 2, loop: false, jumps: 3,
  },
  Missed: { type: "missed", lost: { events: 1, state: 2, log: 3 } },
  FrameRecord: FRAME,
  StatsRecord: STATS,
  GapRecord: { v: 1, type: "gap", stream: "gate", epoch: 3, fromFrame: 900, toFrame: 917, cause: "history_gone", records: 18, at },
  StateRecord: STATE,
  EventRecord: { v: 1, type: "event", stream: "gate", id: "e1", kind: "zone.enter", epoch: 3, frame: 1841, trackId: 17, label: "car", before: {}, after: { zone: "door" }, at },
  LogRecord: LOG,
};
