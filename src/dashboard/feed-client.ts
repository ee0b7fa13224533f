import { SUBPROTOCOL } from "../core/topics.js";
import { decodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
import type { ErrorMessage, EventRecord, FeedMessage, FrameRecord, GapRecord, Hello, LogRecord, Snapshot, StateRecord, StatsRecord, SubscribeInput } from "../wire/index.js";

/** What can be listened to. */
export interface FeedEvents {
  hello: Hello;
  snapshot: Snapshot;
  detections: FrameRecord;
  event: EventRecord;
  stateRecord: StateRecord;
  stats: StatsRecord;
  log: LogRecord;
  gap: GapRecord;
  video: VideoFrame;
  error: ErrorMessage;
  message: FeedMessage;
  connection: { readonly state: "connecting" | "open" | "waiting" | "closed"; readonly retryInMs?: number; readonly reason?: string };
}

/** The feed over connections that are made again. */
export interface FeedClient {
  on<K extends keyof FeedEvents>(event: K, listener: (value: FeedEvents[K]) => void): () => void;
  subscribe(subscription: SubscribeInput): void;
  unsubscribe(id?: string): void;
  ack(frame: Pick<VideoFrame, "stream" | "frame">): void;
  close(): void;
}

const EVENT_OF: Readonly<Record<string, keyof FeedEvents>> = {
  hello: "hello", snapshot: "snapshot", error: "error", frame: "detections", stats: "stats", gap: "gap", state: "stateRecord", event: "event", log: "log",
};

/** Connects, with all subscriptions joined into one. */
export function connect(url: URL, options: { readonly ticket: () => Promise<string> }): FeedClient {
  const listeners = new Map<keyof FeedEvents, Set<(value: never) => void>>();
  const subscriptions = new Map<string, SubscribeInput>();
  let socket: WebSocket | undefined;
  let waitMs = 500;
  const tell = <K extends keyof FeedEvents>(event: K, value: FeedEvents[K]): void => listeners.get(event)?.forEach((listener) => listener(value as never));
  const send = (message: object): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  const ask = (): void => {
    const all = [...subscriptions.values()];
    if (all.length > 0) send({ type: "subscribe", ...Object.assign({}, ...all), id: "main", streams: ["*"], topics: [...new Set(all.flatMap(({ topics }) => topics ?? []))] });
  };
  const received = (data: string | ArrayBuffer): void => {
    if (typeof data !== "string") {
      const frame = decodeVideoFrame(data);
      return frame && tell("video", frame);
    }
    const message = JSON.parse(data) as FeedMessage;
    const event = EVENT_OF[message.type];
    if (event) tell(event, message as never);
    tell("message", message);
    if (message.type === "hello") ask();
  };
  const lost = (reason: string): void => {
    const retryInMs = Math.random() * waitMs;
    waitMs = Math.min(waitMs * 2, 10_000);
    tell("connection", { state: "waiting", retryInMs, reason });
    setTimeout(() => void open(), retryInMs);
  };
  const open = async (): Promise<void> => {
    tell("connection", { state: "connecting" });
    await options.ticket().then(
      (ticket) => {
        socket = new WebSocket(`${url.href.replace(/^http/, "ws")}ws?ticket=${ticket}`, SUBPROTOCOL);
        socket.binaryType = "arraybuffer";
        socket.onopen = () => {
          waitMs = 500;
          tell("connection", { state: "open" });
        };
        socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => received(data);
        socket.onclose = ({ code }) => lost(`the connection was lost (${code})`);
      },
      (error: unknown) => lost(error instanceof Error ? error.message : String(error)),
    );
  };
  queueMicrotask(() => void open());
  return {
    on(event, listener) {
      const of = listeners.get(event) ?? new Set();
      listeners.set(event, of.add(listener));
      return () => void of.delete(listener);
    },
    subscribe(subscription) {
      subscriptions.set(subscription.id ?? "main", subscription);
      ask();
    },
    unsubscribe(id = "main") {
      subscriptions.delete(id);
      ask();
    },
    ack: ({ stream, frame }) => send({ type: "ack", stream, frame }),
    close: () => socket?.close(),
  };
}
