import { SUBPROTOCOL } from "../core/topics.js";
import { contractSchemas, type JsonSchema } from "./documents.js";
import { videoLayoutText } from "./video-layout.js";

/** Where the contract of the feed is published, from the project's root. */
export const ASYNCAPI_PATH = "config/asyncapi.json";

const VIDEO = "VideoFrame";
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  Subscribe: ["Subscribed", "Snapshot", "Error"], Unsubscribe: ["Unsubscribed", "Error"], Ping: ["Pong"], Ack: [VIDEO],
};
const QUERY = "The filter of Subscribe and its queue as query parameters; lists are separated by commas. Topic video is only on the socket.";

/** The text of that file: AsyncAPI 3 of the socket and of the two answers that never end. */
export function asyncApiText(): string {
  const { requests, messages } = contractSchemas();
  const sent = [...Object.keys(messages), VIDEO];
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "sightline feed",
      version: SUBPROTOCOL.replace(/^.*\.v/, ""),
      description: `Ordered detections of video streams, live. Subprotocol ${SUBPROTOCOL}. Generated from src/wire. New optional fields may come within a version.`,
      license: { name: "Apache-2.0" },
    },
    defaultContentType: "application/json",
    servers: {
      socket: { host: "127.0.0.1:8420", protocol: "ws", description: "The address after --serve; wss with TLS." },
      http: { host: "127.0.0.1:8420", protocol: "http" },
    },
    channels: {
      feed: {
        address: "/ws", servers: [ref("servers", "socket")], messages: refs([...Object.keys(requests), ...sent]),
        description: `A WebSocket with subprotocol ${SUBPROTOCOL}. Every text message is one JSON object; binary messages are pictures. The first message is Hello.`,
        bindings: { ws: { method: "GET", bindingVersion: "0.1.0" } },
      },
      events: {
        address: "/api/events", servers: [ref("servers", "http")], messages: refs(Object.keys(messages)),
        description: `Server-sent events, one message each. ${QUERY} Header Last-Event-ID (or parameter lastEventId) resumes.`,
      },
      stream: { address: "/api/stream", servers: [ref("servers", "http")], messages: refs(Object.keys(messages)), description: `One message a line (NDJSON); empty lines say that the server is still there. ${QUERY}` },
    },
    operations: {
      ...Object.fromEntries(Object.keys(requests).map((name) => [name.toLowerCase(), receive(name)])),
      send: { action: "send", channel: ref("channels", "feed"), summary: "What a client gets.", messages: sent.map((name) => inFeed(name)) },
      sendEvents: { action: "send", channel: ref("channels", "events"), summary: "The same as server-sent events." },
      sendStream: { action: "send", channel: ref("channels", "stream"), summary: "The same as lines." },
    },
    components: {
      messages: { ...messageObjects(requests), ...messageObjects(messages), [VIDEO]: videoMessage() },
      schemas: Object.fromEntries(Object.entries({ ...requests, ...messages }).map(([name, schema]) => [name, movedRefs(schema)])),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const ref = (...path: readonly string[]): { readonly $ref: string } => ({ $ref: `#/${path.join("/")}` });
const refs = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, ref("components", "messages", name)]));
const inFeed = (name: string) => ref("channels", "feed", "messages", name);

const receive = (name: string) => ({
  action: "receive",
  channel: ref("channels", "feed"),
  messages: [inFeed(name)],
  reply: { channel: ref("channels", "feed"), messages: (ANSWERS[name] ?? []).map(inFeed) },
});

const messageObjects = (schemas: Readonly<Record<string, JsonSchema>>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, { description }]) => [name, { name, summary: description, payload: ref("components", "schemas", name) }]));

const videoMessage = () => ({
  name: VIDEO, summary: "A picture: JPEG behind a short header.", contentType: "application/octet-stream",
  payload: { type: "string", format: "binary", description: videoLayoutText() },
});

/** Schemas stand in another place here than where they were made. */
function movedRefs(schema: JsonSchema): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/components/schemas/'));
}
