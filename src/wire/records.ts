import { z } from "../core/schema.js";
import { OUTCOMES, SKIP_CAUSES } from "../core/frame.js";
import { count, durationMs, epoch, errorCode, frameNumber, label, state, stream, timeOfDay, version } from "./common.js";

const recordError = z
  .strictObject({ code: errorCode, message: z.string().describe("What was seen, against what was allowed. Holds no secrets.") })
  .describe("Why the frame or the stream did not do well.");

const point = z.tuple([z.number(), z.number()]);

const detectedObject = z
  .strictObject({
    classId: count.describe("Index of the class in the model."),
    label,
    score: z.number().min(0).max(1).describe("How sure the model is, 0 to 1, 4 decimals."),
    box: z
      .tuple([z.number().nonnegative(), z.number().nonnegative(), z.number().nonnegative(), z.number().nonnegative()])
      .describe("x1, y1, x2, y2 in source pixels, clipped to the picture, 1 decimal."),
    trackId: count.exactOptional().describe("The same object has the same number in all frames of an epoch. With tracking."),
    corners: z.tuple([point, point, point, point]).exactOptional().describe("Corners of a turned box in source pixels, clockwise. With models of turned boxes."),
    keypoints: z.array(z.tuple([z.number(), z.number(), z.number().min(0).max(1)])).exactOptional().describe("x, y in source pixels and score of each point. With pose models."),
    mask: z
      .strictObject({ size: z.tuple([z.int().positive(), z.int().positive()]).describe("Height, width, px."), counts: z.string().describe("COCO's compressed run lengths, column by column.") })
      .exactOptional()
      .describe("The object's pixels. With segmentation models."),
    polygon: z.array(z.array(z.number())).exactOptional().describe("Outlines of the object's parts, the largest first: x, y, x, y, ... in source pixels. With detect.masks polygon or both."),
    classes: z
      .array(z.strictObject({ classId: count, label, score: z.number().min(0).max(1) }))
      .exactOptional()
      .describe("The best classes of the picture, best first, this one among them. With classifiers, whose one object is the whole picture."),
  })
  .describe("One object that the model saw.");

const frameTimes = z
  .strictObject({
    queue: durationMs.exactOptional().describe("Capture until a worker began."),
    normalise: durationMs.exactOptional().describe("Pixels to the model's input tensor."),
    infer: durationMs.exactOptional().describe("The model's run."),
    decode: durationMs.exactOptional().describe("Output tensors to boxes, suppression of doubles included."),
    order: durationMs.describe("Waiting until every earlier frame had ended."),
    total: durationMs.describe("Capture to publish."),
  })
  .describe("Durations in ms. The first four are there when the frame was detected.");

const skippedFrames = z
  .partialRecord(z.enum(SKIP_CAUSES), z.int().positive())
  .describe("Frames not looked at since the last record of the stream, by cause. Left out when there are none.");

/** One admitted frame and how it ended. */
export const frameRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("frame"),
    stream,
    epoch,
    frame: frameNumber,
    outcome: z.enum(OUTCOMES).describe("How the frame ended. Only `detected` was looked at to the end; in a `still` one nothing had changed, so it was not looked at."),
    unchangedSince: frameNumber.exactOptional().describe("With `still`: the frame whose objects are still there, the last one that was looked at. Not \"nothing found\"."),
    ptsMs: z.number().nullable().describe("Media time in ms; null when the source has none."),
    capturedAt: timeOfDay,
    publishedAt: timeOfDay,
    widthPx: z.int().positive().describe("Width of the source picture."),
    heightPx: z.int().positive().describe("Height of the source picture."),
    model: z.string().describe("File name of the model and the start of its SHA-256."),
    runtime: z.string().describe("What ran the model: library/device/precision."),
    timesMs: frameTimes,
    skipped: skippedFrames.exactOptional(),
    emptyBefore: z.int().positive().exactOptional().describe("So many frames before this one were looked at, nothing was seen in them, and their records were left out (log.emptyFrames). `skipped` holds theirs too."),
    stillBefore: z.int().positive().exactOptional().describe("So many still frames before this one were left out in the same way: nothing had changed in them."),
    objects: z.array(detectedObject).describe("Best score first. Empty with `detected` = looked and saw nothing; always empty with `still`, whose objects are those of `unchangedSince`."),
    error: recordError.exactOptional().describe("Why, when the outcome is failed, late or aborted."),
  })
  .describe("One admitted frame: written once, in frame order.")
  .meta({ id: "FrameRecord" });

const everyOutcome = z.strictObject({ detected: count, failed: count, late: count, aborted: count, still: count });
const everySkipCause = z.strictObject({ no_slot: count, busy: count, too_old: count, max_fps: count, stopped: count });

/** What one stream has done so far. */
export const statsRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("stats"),
    stream,
    labels: z.record(z.string(), z.string()).exactOptional().describe("The operator's words for the stream; left out when there are none."),
    epoch,
    state,
    decoded: count.describe("Frames decoded and numbered = sum of outcomes + sum of skipped + inHouse, at every moment."),
    outcomes: everyOutcome.describe("Ended frames by outcome."),
    skipped: everySkipCause.describe("Frames not looked at, by cause."),
    inHouse: count.describe("Numbered, not yet ended; 0 at the end."),
    inHouseLimit: count.describe("What inHouse never exceeds."),
    fps: z.strictObject({ in: z.number().nonnegative(), out: z.number().nonnegative() }).describe("Decoded and ended frames a second."),
    latencyMs: z.strictObject({ p50: durationMs, p95: durationMs, p99: durationMs }).describe("Capture to publish."),
    stagesMs: z.record(z.string(), durationMs).describe("Mean duration of each stage of a detected frame."),
    gate: z
      .strictObject({
        state: z.enum(["learning", "moving", "still"]).describe("learning = it does not know the scene yet, and everything is looked at; moving = also for the hold time after."),
        since: timeOfDay.describe("Capture of the first frame in that state."),
        looks: count.describe("Frames that the gate saw."),
        meanMs: durationMs.describe("Mean time of one."),
      })
      .exactOptional()
      .describe("The motion gate; left out where there is none."),
    objects: z.record(label, count).describe("Objects seen so far, by label."),
    expectedFrames: count.nullable().describe("Frames the source said it holds; null when it does not say."),
    firstRecordMs: durationMs.nullable().describe("Start of the run to the first record; null before it."),
    elapsedMs: durationMs.describe("Since the start of the run."),
    error: recordError.nullable(),
    at: timeOfDay,
  })
  .describe("What one stream has done so far; sent about once a second.")
  .meta({ id: "StatsRecord" });

/** Records that this reader or this file did not get. */
export const gapRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("gap"),
    stream,
    epoch: epoch.describe("Epoch of the last lost record."),
    fromFrame: frameNumber,
    toFrame: frameNumber,
    cause: z
      .enum(["subscriber_slow", "sink_slow", "sink_failed", "history_gone"])
      .describe("subscriber_slow, sink_slow: the reader of the feed, or the file or pipe, was too slow; sink_failed: the file could not be written, say because the disk was full; history_gone: the reader came back too late."),
    records: z.int().positive().describe("How many frame records were lost; with history_gone at most so many."),
    at: timeOfDay,
  })
  .describe("What this reader or sink lost because it was too slow; others may have it all.")
  .meta({ id: "GapRecord" });

/** A stream changed its state. */
export const stateRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("state"),
    stream,
    epoch,
    state,
    reason: errorCode.exactOptional(),
    message: z.string().exactOptional().describe("What was seen, against what was allowed. Holds no secrets."),
    attempt: z.int().positive().exactOptional().describe("Number of the next try to connect, counted since frames last came."),
    retryInMs: durationMs.exactOptional().describe("How long until that try."),
    at: timeOfDay,
  })
  .describe("A live stream changed its state. `epoch` is the one of the newest frame so far.")
  .meta({ id: "StateRecord" });

/** Something happened in a stream. */
export const eventRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("event"),
    stream,
    id: z.string().min(1).describe("The same for all records of one event."),
    kind: z.string().min(1).describe("What happened, such as zone.enter or line.cross."),
    epoch,
    frame: frameNumber.describe("Frame in which it was seen."),
    trackId: count.exactOptional(),
    label: label.exactOptional(),
    before: z.record(z.string(), z.unknown()).describe("What was so before."),
    after: z.record(z.string(), z.unknown()).describe("What is so now."),
    at: timeOfDay,
  })
  .describe("Something happened in a stream.")
  .meta({ id: "EventRecord" });

/** A line for the operator. */
export const logRecordSchema = z
  .strictObject({
    v: version,
    type: z.literal("log"),
    level: z.enum(["info", "warn", "error"]),
    stream: stream.exactOptional(),
    code: errorCode.exactOptional(),
    message: z.string().describe("Holds no secrets."),
    at: timeOfDay,
  })
  .describe("What the program tells its operator, also seen at its terminal.")
  .meta({ id: "LogRecord" });

/** Every record that leaves the pipeline. */
export const recordSchema = z.discriminatedUnion("type", [
  frameRecordSchema,
  statsRecordSchema,
  gapRecordSchema,
  stateRecordSchema,
  eventRecordSchema,
  logRecordSchema,
]);

/** How one admitted frame ended. */
export type FrameRecord = z.infer<typeof frameRecordSchema>;
/** What one stream has done so far. */
export type StatsRecord = z.infer<typeof statsRecordSchema>;
/** What one reader or sink lost. */
export type GapRecord = z.infer<typeof gapRecordSchema>;
/** A stream's change of state. */
export type StateRecord = z.infer<typeof stateRecordSchema>;
/** Something happened in a stream. */
export type EventRecord = z.infer<typeof eventRecordSchema>;
/** A line for the operator. */
export type LogRecord = z.infer<typeof logRecordSchema>;
/** Any record. */
export type WireRecord = z.infer<typeof recordSchema>;
