import { decodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
import type { FeedMessage, SubscribeInput } from "../wire/index.js";
import { openInbox, type Inbox } from "./inbox.js";
import { openLink, type LinkWorld } from "./link.js";
import { openPositions } from "./positions.js";
import type { ConnectOptions, FeedClient, FeedEvents, SocketLike } from "./types.js";

/** Event of each message that has one. */
const EVENT_OF = {
  hello: "hello", subscribed: "subscribed", unsubscribed: undefined, snapshot: "snapshot", error: "error", pong: undefined, missed: "missed", playback: "playback",
  frame: "detections", stats: "stats", gap: "gap", state: "stateRecord", event: "event", log: "log",
} as const satisfies Record<FeedMessage["type"], keyof FeedEvents | undefined>;

/** Name that a subscription without an id has. */
const DEFAULT_ID = "main";

/** Connects, by sockets that `makeSocket` begins. */
export function openClient(makeSocket: () => Promise<SocketLike>, options: ConnectOptions, world: LinkWorld): FeedClient {
  const subscriptions = new Map<string, SubscribeInput>();
  const positions = openPositions();
  const inboxes = new Set<Inbox>();
  const { on, tell } = listeners();

  const ask = (subscription: SubscribeInput): void => link.send({ type: "subscribe", ...subscription });
  const text = (data: string): void => {
    const message = JSON.parse(data) as FeedMessage;
    positions.follow(message);
    const event: keyof FeedEvents | undefined = EVENT_OF[message.type];
    if (event) tell(event, message as never);
    tell("message", message);
    for (const inbox of inboxes) inbox.push(message, data.length);
    // Only now is it known whether the server is the same one, with the same frame numbers.
    if (message.type === "hello") for (const one of subscriptions.values()) ask(positions.resumed(one));
  };
  const picture = (data: ArrayBuffer): void => {
    const frame = decodeVideoFrame(data);
    if (!frame) return;
    tell("video", frame);
    if (options.ackVideo !== "manual") ack(frame);
  };
  const ack = ({ stream, frame }: Pick<VideoFrame, "stream" | "frame">): void => link.send({ type: "ack", stream, frame });
  const keep = (subscription: SubscribeInput): void => {
    const { id = DEFAULT_ID } = subscription;
    // The newest of those that name the same stream decides, also after the next connection.
    subscriptions.delete(id);
    subscriptions.set(id, subscription);
  };
  if (options.subscribe) keep(options.subscribe);
  const received = (data: unknown): void => (typeof data === "string" ? text(data) : picture(data as ArrayBuffer));
  const link = openLink(makeSocket, { received, changed: (change) => tell("connection", change) }, world);
  return {
    get state() {
      return link.state;
    },
    on,
    ack,
    subscribe(subscription) {
      keep(subscription);
      ask(subscription);
    },
    unsubscribe(id = DEFAULT_ID) {
      if (subscriptions.delete(id)) link.send({ type: "unsubscribe", id });
    },
    close() {
      link.close();
      for (const inbox of inboxes) inbox.end();
    },
    [Symbol.asyncIterator]() {
      const inbox = openInbox(world.clock, (one) => inboxes.delete(one));
      inboxes.add(inbox);
      if (link.state === "closed") inbox.end();
      return inbox;
    },
  };
}

/** Who listens to what. A listener that throws keeps nothing from the others; its error is reported as uncaught. */
function listeners() {
  const all = new Map<keyof FeedEvents, Set<(value: never) => void>>();
  return {
    on<K extends keyof FeedEvents>(event: K, listener: (value: FeedEvents[K]) => void): () => void {
      const of = all.get(event) ?? new Set();
      all.set(event, of.add(listener));
      return () => void of.delete(listener);
    },
    tell<K extends keyof FeedEvents>(event: K, value: FeedEvents[K]): void {
      for (const listener of all.get(event) ?? []) {
        try {
          listener(value as never);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
