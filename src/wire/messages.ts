import { z } from "../core/schema.js";
import { SUBPROTOCOL } from "../core/topics.js";
import { errorCode, timeOfDay } from "./common.js";
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

/** Every text message that the server sends. */
export const messageSchema = z.union([helloSchema, subscribedSchema, unsubscribedSchema, snapshotSchema, errorMessageSchema, pongSchema, missedSchema, recordSchema]);

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
/** What the server sends to one client alone. */
export type Answer = Hello | Subscribed | z.infer<typeof unsubscribedSchema> | Snapshot | ErrorMessage | z.infer<typeof pongSchema> | Missed;
/** Every text message that the server sends. */
export type FeedMessage = z.infer<typeof messageSchema>;
