import { z } from "../core/schema.js";

/** The WebSocket subprotocol: the meaning of every message below. */
export const SUBPROTOCOL = "sightline.v1";

/** What can be subscribed to: frame records, stats and state records, pictures. */
export const TOPICS = ["detections", "stats", "video"] as const;
export type Topic = (typeof TOPICS)[number];

/** Stands for every stream, also later ones. */
export const ALL_STREAMS = "*";

const subscribe = z
  .strictObject({
    type: z.literal("subscribe"),
    streams: z.array(z.string().min(1).max(200)).max(100).describe("Names of streams, or * for all."),
    topics: z.array(z.enum(TOPICS)).describe("What to send of them."),
  })
  .describe("Replaces what the client was subscribed to; empty lists end it.");

const ack = z
  .strictObject({ type: z.literal("ack"), stream: z.string(), frame: z.int().nonnegative() })
  .describe("The client has the picture of that frame and can take the stream's next one.");

/** Every message a client may send. */
export const requestSchema = z.discriminatedUnion("type", [subscribe, ack]);
export type ClientRequest = z.infer<typeof requestSchema>;

/** What the gateway sends besides records and pictures. */
export type GatewayMessage =
  | { readonly type: "hello"; readonly protocol: typeof SUBPROTOCOL; readonly version: string; readonly streams: readonly string[] }
  | { readonly type: "subscribed"; readonly streams: readonly string[]; readonly topics: readonly Topic[] }
  | { readonly type: "error"; readonly code: "E_REQUEST"; readonly message: string };

/** A client's message, or in one line what is wrong with it. */
export function parseRequest(text: string): ClientRequest | { readonly type: "invalid"; readonly message: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { type: "invalid", message: "the message is not JSON" };
  }
  const parsed = requestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  return { type: "invalid", message: issues.join("; ") };
}
