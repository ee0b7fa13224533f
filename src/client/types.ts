import type { VideoFrame } from "../core/video-frame.js";
import type {
  ErrorMessage, EventRecord, FeedMessage, FrameRecord, GapRecord, Hello, LogRecord, Missed, Playback, Snapshot, StateRecord, StatsRecord, SubscribeInput, Subscribed,
} from "../wire/index.js";

/** connecting: the first or the next try; open: messages come; waiting: until the next try; closed: by `close`, for good. */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

/** A change of the connection. */
export interface ConnectionChange {
  readonly state: ConnectionState;
  /** How long until the next try, ms. With waiting. */
  readonly retryInMs?: number;
  /** Why there is no connection, in words. With waiting. */
  readonly reason?: string;
}

/** What can be listened to, and what a listener is given. */
export interface FeedEvents {
  hello: Hello;
  subscribed: Subscribed;
  snapshot: Snapshot;
  detections: FrameRecord;
  event: EventRecord;
  stateRecord: StateRecord;
  stats: StatsRecord;
  log: LogRecord;
  /** Records that this client did not get, because it read too slowly or was away too long. */
  gap: GapRecord;
  /** Events, states and lines of the log that it did not get, because it read too slowly. */
  missed: Missed;
  /** How the replay does, from a server that replays a log. Another `instance` than before: frame numbers begin anew. */
  playback: Playback;
  video: VideoFrame;
  error: ErrorMessage;
  /** Every text message, whatever its type; comes after the event of its type. */
  message: FeedMessage;
  connection: ConnectionChange;
}

/**
 * The feed of one server, over connections that are made again when they are lost. Iterating gives every text message;
 * what waits for a slow iteration is bounded: the oldest is lost, and a gap record says so in its place.
 */
export interface FeedClient extends AsyncIterable<FeedMessage> {
  readonly state: ConnectionState;
  /** Calls back until the function that is returned is called. */
  on<K extends keyof FeedEvents>(event: K, listener: (value: FeedEvents[K]) => void): () => void;
  /** Asks for data, now and after each new connection, from where the lost one ended. The same id replaces. */
  subscribe(subscription: SubscribeInput): void;
  /** Ends a subscription; without an id the one that was made without one. */
  unsubscribe(id?: string): void;
  /** Says that a picture was shown, so that the stream's next one may come. Only needed with `ackVideo: "manual"`. */
  ack(frame: Pick<VideoFrame, "stream" | "frame">): void;
  /** Ends the connection and every iteration. */
  close(): void;
}

/** What a WebSocket tells, as far as it is used here. */
export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** A WebSocket as browsers have it, as far as it is used here. */
export interface SocketLike {
  binaryType: string;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: SocketEvent) => void): void;
}

/** How to connect. */
export interface ConnectOptions {
  /** Token of a server that asks for one. */
  readonly token?: string;
  /** Gets a ticket for each connection, instead of a token. */
  readonly ticket?: () => Promise<string>;
  /** The first subscription. */
  readonly subscribe?: SubscribeInput;
  /** When to ask for a stream's next picture: auto = as soon as the listeners have returned; manual = at `ack`. */
  readonly ackVideo?: "auto" | "manual";
  /** Another WebSocket than the usual one. */
  readonly WebSocket?: new (url: string, protocol: string) => SocketLike;
}
