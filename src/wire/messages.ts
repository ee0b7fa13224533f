import { z } from "../core/schema.js";
import { SUBPROTOCOL } from "../core/topics.js";
import { count, durationMs, errorCode, timeOfDay } from "./common.js";
import { frameRecordSchema, logRecordSchema, recordSchema, stateRecordSchema, statsRecordSchema } from "./records.js";
import { filterSchema } from "./requests.js";

const id = z.string().describe("The client's own name for the subscription.");

/** The first message of a connection. */
export const helloSchema = z
  .strictObject({
    type: z.literal("hello"),
    protocol: z.literal(SUBPROTOCOL),
    version: z.string().describe("The program's version."),
    instance: z.string().min(1).describe("Another one at each start of the program: frame numbers of before mean nothing then."),
    serverTime: timeOfDay,
    limits: z.strictObject({
      requestBytes: z.int().positive().describe("Longest message that a client may send."),
      subscriptions: z.int().positive().describe("Most subscriptions of one connection."),
      queueBytes: z.int().positive().describe("What may wait for a client that reads slowly; beyond it the oldest is lost and a gap told."),
      queueAgeMs: z.int().positive().describe("How long it may wait."),
      stalledMs: z.int().positive().describe("A client that takes nothing for so long, while something is on its way to it, is closed with 1013."),
      historyFrames: z.int().nonnegative().describe("Frame records of each stream that are kept for those who come back."),
    }),
    streams: z.array(z.string()).describe("Streams that this client may see."),
  })
  .describe("The first message of a connection.")
  .meta({ id: "Hello" });

/** A subscription stands. */
export const subscribedSchema = filterSchema
  .extend({ type: z.literal("subscribed"), id, queue: z.enum(["all", "latest"]) })
  .describe("A subscription stands, as the server understood it. A snapshot follows.")
  .meta({ id: "Subscribed" });

/** A subscription has ended. */
export const unsubscribedSchema = z.strictObject({ type: z.literal("unsubscribed"), id }).describe("A subscription has ended.").meta({ id: "Unsubscribed" });

/** What is so now, right after `subscribed`. */
export const snapshotSchema = z
  .strictObject({
    type: z.literal("snapshot"),
    id,
    streams: z.array(
      z.strictObject({
        stream: z.string(),
        frame: frameRecordSchema.exactOptional().describe("The newest one, if it passes the filter. With topic detections; left out for a stream that `since` names."),
        seen: frameRecordSchema.exactOptional().describe("Where `frame` is still: the one whose objects are still there, `unchangedSince`, if it passes the filter."),
        state: stateRecordSchema.exactOptional().describe("With topic state."),
        stats: statsRecordSchema.exactOptional().describe("With topic stats."),
      }),
    ),
    log: z.array(logRecordSchema).exactOptional().describe("The newest lines, oldest first. With topic log."),
  })
  .describe("What is so now of every stream that the subscription covers; sent once, right after `subscribed`.")
  .meta({ id: "Snapshot" });

/** A request could not be followed; the connection stays. */
export const errorMessageSchema = z
  .strictObject({ type: z.literal("error"), code: errorCode, message: z.string(), id: z.string().exactOptional().describe("Of the request, when it could be read.") })
  .describe("A request could not be followed. The connection stays, and so do the subscriptions.")
  .meta({ id: "Error" });

/** The answer to ping. */
export const pongSchema = z.strictObject({ type: z.literal("pong"), id: z.string().exactOptional(), serverTime: timeOfDay }).describe("The answer to ping.").meta({ id: "Pong" });

const missedCount = z.int().positive().exactOptional();

/** What a slow client lost besides frames. */
export const missedSchema = z
  .strictObject({
    type: z.literal("missed"),
    lost: z.strictObject({ events: missedCount, state: missedCount, log: missedCount }).describe("How many records, by topic."),
  })
  .describe("Records that this client did not get because it read too slowly, besides those of frames, which a gap tells. Stands where they would have come, or later.")
  .meta({ id: "Missed" });

/** Most and least times the pace of the recording. */
export const SPEED_LIMITS = { least: 0.1, most: 16 } as const;

/** How the replay of a log does. */
export const playbackStateSchema = z
  .strictObject({
    state: z.enum(["playing", "paused", "ended"]).describe("ended: the last record was played, and a seek or play goes on from elsewhere."),
    positionMs: durationMs.describe("Where it is, in playing time: long gaps of the recording are shortened in it."),
    durationMs: durationMs.describe("Playing time of the whole log."),
    at: timeOfDay.nullable().describe("The recording's time of day there: capturedAt of the newest frame played; null before the first."),
    beginsAt: timeOfDay.describe("capturedAt of the first frame of the log."),
    endsAt: timeOfDay.describe("capturedAt of the last frame of the log."),
    speed: z.union([z.number().min(SPEED_LIMITS.least).max(SPEED_LIMITS.most), z.literal("max")]).describe("Times the pace of the recording; max = as fast as the log is read."),
    loop: z.boolean().describe("Whether it begins again at its end."),
    jumps: count.describe("How many times it has gone on elsewhere than where it was: a seek, a step back, the next round, or numbers in the log that begin again."),
  })
  .describe("How the replay of a log does.")
  .meta({ id: "PlaybackState" });

/** How the replay does, to everybody. */
export const playbackSchema = playbackStateSchema
  .extend({
    type: z.literal("playback"),
    instance: z.string().min(1).describe("As in hello: another one after each jump. Frame numbers of before mean nothing then, and what comes next may have lower ones."),
  })
  .describe("How the replay of a log does. Only from a server that replays one: to every client, after hello, with every change, and twice a second while it plays.")
  .meta({ id: "Playback" });

/** Every text message that the server sends. */
export const messageSchema = z.union([
  helloSchema, subscribedSchema, unsubscribedSchema, snapshotSchema, errorMessageSchema, pongSchema, missedSchema, playbackSchema, recordSchema,
]);

/** The first message of a connection. */
export type Hello = z.infer<typeof helloSchema>;
/** A subscription stands. */
export type Subscribed = z.infer<typeof subscribedSchema>;
/** What is so now. */
export type Snapshot = z.infer<typeof snapshotSchema>;
/** A request could not be followed. */
export type ErrorMessage = z.infer<typeof errorMessageSchema>;
/** What a slow client lost besides frames. */
export type Missed = z.infer<typeof missedSchema>;
/** How the replay of a log does. */
export type PlaybackState = z.infer<typeof playbackStateSchema>;
/** The same as a message. */
export type Playback = z.infer<typeof playbackSchema>;
/** What the server sends to one client alone. */
export type Answer = Hello | Subscribed | z.infer<typeof unsubscribedSchema> | Snapshot | ErrorMessage | z.infer<typeof pongSchema> | Missed | Playback;
/** Every text message that the server sends. */
export type FeedMessage = z.infer<typeof messageSchema>;
