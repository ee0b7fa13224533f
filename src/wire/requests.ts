import { z } from "../core/schema.js";
import { ALL_STREAMS, TOPICS } from "../core/topics.js";

/** Most of what one request may be and name, so that no request makes the server hold much. */
export const REQUEST_LIMITS = { bytes: 64 * 1024, streams: 100, classes: 200, nameLength: 200, idLength: 64, subscriptions: 16 } as const;

const name = z.string().min(1).max(REQUEST_LIMITS.nameLength);
const id = z.string().min(1).max(REQUEST_LIMITS.idLength);

/** What of the records is wanted; the same for the socket, server-sent events and NDJSON. */
export const filterSchema = z.strictObject({
  streams: z.array(name).min(1).max(REQUEST_LIMITS.streams).default([ALL_STREAMS]).describe("Names of streams, or * for all, also later ones."),
  topics: z.array(z.enum(TOPICS)).min(1).max(TOPICS.length).default(["detections"]).describe("What to send of them."),
  classes: z.array(name).max(REQUEST_LIMITS.classes).exactOptional().describe("Only objects with these labels; left out = all."),
  minScore: z.number().min(0).max(1).default(0).describe("Only objects with at least this score."),
  maxFps: z.number().positive().max(1000).exactOptional().describe("Most frame records a second of each stream, evenly; left out = all. Left out frames make no gap."),
  empty: z.boolean().default(true).describe("Whether frames without an object that passes are sent."),
});

const queue = z
  .enum(["all", "latest"])
  .default("all")
  .describe("What to do when the client reads too slowly. all: keep up to a bound, then lose the oldest. latest: only the newest frame record of each stream waits. A gap tells what was lost.");

/** A filter and what to do with a slow reader: what `/api/events` and `/api/stream` take as query parameters. */
export const subscriptionSchema = filterSchema.extend({ queue });

const since = z
  .record(name, z.strictObject({ epoch: z.int().positive(), frame: z.int().nonnegative() }))
  .describe("Last frame that the client has of each stream: newer ones that are still in the history come first, and a gap for those that are not.");

/** Begins a subscription, or replaces the one with the same id. */
export const subscribeSchema = subscriptionSchema
  .extend({
    type: z.literal("subscribe"),
    id: id.default("main").describe("The client's own name for the subscription."),
    since: since.exactOptional(),
  })
  .describe("Begins a subscription, or replaces the one with the same id. Where several name the same stream and topic, the newest decides.")
  .meta({ id: "Subscribe" });

/** Ends a subscription. */
export const unsubscribeSchema = z
  .strictObject({ type: z.literal("unsubscribe"), id: id.default("main") })
  .describe("Ends a subscription.")
  .meta({ id: "Unsubscribe" });

/** The client has a picture. */
export const ackSchema = z
  .strictObject({ type: z.literal("ack"), stream: name, frame: z.int().nonnegative() })
  .describe("The client has the picture of that frame and can take the stream's next one.")
  .meta({ id: "Ack" });

/** Asks whether the server is there. */
export const pingSchema = z.strictObject({ type: z.literal("ping"), id: id.exactOptional() }).describe("Answered with pong.").meta({ id: "Ping" });

/** Every message that a client may send. */
export const requestSchema = z.discriminatedUnion("type", [subscribeSchema, unsubscribeSchema, ackSchema, pingSchema]);

/** What of the records is wanted, defaults filled in. */
export type Filter = z.infer<typeof filterSchema>;
/** A filter and what to do with a slow reader. */
export type Subscription = z.infer<typeof subscriptionSchema>;
/** A request as the server has read it. */
export type ClientRequest = z.infer<typeof requestSchema>;
/** A request as a client writes it: what has a default may be left out. */
export type ClientRequestInput = z.input<typeof requestSchema>;
/** A subscription as a client writes it. */
export type SubscribeInput = Omit<z.input<typeof subscribeSchema>, "type">;
