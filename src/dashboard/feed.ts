import { connect, type FeedClient, type VideoFrame } from "../client/index.js";
import { acks } from "./acks.js";
import { LOG_SUBSCRIPTION, recordsSubscription, type Filter } from "./filter.js";
import type { Store } from "./store.js";
import { streamModel, type StreamModel } from "./stream-model.js";
import { fetchTicket, LoginNeeded } from "./ticket.js";

/** The page's side of the feed. */
export interface Feed {
  /** Changes what the server sends. */
  filter(filter: Filter): void;
  /** Streams whose pictures are looked at. */
  watch(streams: readonly string[]): void;
  /** Calls back when a replay does something else, or the server replays no longer. */
  onPlayback(listener: () => void): void;
  /** Calls back when a stream has come or gone. */
  onStreams(listener: () => void): void;
}

/** Length of the messages that the inspector shows, about: JSON again, since the client hands over values. */
const sizeOf = (content: unknown): number => JSON.stringify(content).length;

/** Connects and keeps the store up to date, for as long as the page lives. `arrived` is told when a picture may be shown. */
export function openFeed(store: Store, streams: Map<string, StreamModel>, arrived: () => void): Feed {
  const listeners = new Set<() => void>();
  const tellStreams = (): void => listeners.forEach((listener) => listener());
  const modelOf = (name: string): StreamModel => {
    const known = streams.get(name);
    if (known) return known;
    const model = streamModel(name);
    streams.set(name, model);
    tellStreams();
    return model;
  };
  const client = connect(new URL("/", location.href), { ticket: () => ticketOrLogin(store), ackVideo: "manual" });
  const playbackListeners = new Set<() => void>();
  followPlayback(client, store, streams, () => playbackListeners.forEach((listener) => listener()));
  const pace = acks((frame) => client.ack(frame));
  followConnection(client, store, streams);
  followRecords(client, store, modelOf, arrived);
  client.on("hello", (hello) => {
    for (const [name, model] of streams) {
      if (hello.streams.includes(name)) continue;
      streams.delete(name);
      model.close();
    }
    for (const name of hello.streams) modelOf(name);
    tellStreams();
  });
  client.on("video", (frame) => {
    if (store.inspecting) keepVideo(store, frame);
    pace.arrived(frame);
    void showPicture(frame, modelOf, arrived).finally(() => pace.done(frame.stream));
  });
  client.on("connection", ({ state }) => state === "open" && pace.reset());
  client.on("message", (content) => {
    if (!store.inspecting) return;
    const stream = "stream" in content ? (content.stream ?? "") : "";
    store.messages.add({ atMs: Date.now(), type: content.type, stream, bytes: sizeOf(content), content });
  });
  client.subscribe(recordsSubscription(store.filter));
  client.subscribe(LOG_SUBSCRIPTION);
  let watched = "";
  return {
    filter: (filter) => client.subscribe(recordsSubscription(filter)),
    watch(names) {
      const wanted = JSON.stringify([...names].sort());
      if (wanted === watched) return;
      watched = wanted;
      if (names.length > 0) client.subscribe({ id: "video", streams: [...names], topics: ["video"] });
      else client.unsubscribe("video");
    },
    onPlayback: (listener) => void playbackListeners.add(listener),
    onStreams: (listener) => void listeners.add(listener),
  };
}

function followPlayback(client: FeedClient, store: Store, streams: ReadonlyMap<string, StreamModel>, changed: () => void): void {
  client.on("hello", () => {
    // A server that replays says so next.
    store.playback = undefined;
    changed();
  });
  client.on("playback", (message) => {
    const before = store.playback?.message.instance;
    store.playback = { message, receivedMs: performance.now() };
    store.paused = false;
    // It has gone to another place: what waits here is of the old one, and numbers may be lower from here on.
    if (before !== undefined && before !== message.instance) for (const model of streams.values()) model.reset();
    changed();
  });
}

async function ticketOrLogin(store: Store): Promise<string> {
  try {
    return (await fetchTicket()) ?? "";
  } catch (error) {
    if (error instanceof LoginNeeded) store.connection = { ...store.connection, state: "login" };
    throw error;
  }
}

function followConnection(client: FeedClient, store: Store, streams: ReadonlyMap<string, StreamModel>): void {
  client.on("connection", ({ state, retryInMs, reason = "" }) => {
    const now = performance.now();
    const needsLogin = state !== "open" && store.connection.state === "login";
    const retryAtMs = retryInMs === undefined ? undefined : now + retryInMs;
    // How long we have been away counts from the loss, not from the last try.
    const sinceMs = state === "open" || store.connection.state === "open" ? now : store.connection.sinceMs;
    store.connection = { state: needsLogin ? "login" : state, reason, retryAtMs, sinceMs };
    if (state === "open") for (const model of streams.values()) model.reset();
  });
  client.on("hello", ({ serverTime, version }) => {
    store.serverVersion = version;
    const aheadMs = Date.parse(serverTime) - Date.now();
    store.aheadMs = Number.isFinite(aheadMs) ? aheadMs : 0;
  });
}

function followRecords(client: FeedClient, store: Store, modelOf: (name: string) => StreamModel, arrived: () => void): void {
  client.on("detections", (record) => {
    modelOf(record.stream).frame(record);
    arrived();
  });
  client.on("stats", (record) => modelOf(record.stream).newStats(record));
  client.on("stateRecord", (record) => {
    modelOf(record.stream).newState(record);
    store.happenings.add(record);
  });
  client.on("event", (record) => store.happenings.add(record));
  client.on("gap", (record) => store.happenings.add(record));
  client.on("log", (record) => store.logs.add(record));
  client.on("missed", ({ lost }) => {
    const what = Object.entries(lost).map(([topic, records]) => `${topic} ${records}`).join(", ");
    store.logs.add({ v: 1, type: "log", level: "warn", message: `this page read too slowly and missed records: ${what}`, at: new Date(Date.now() + store.aheadMs).toISOString() });
  });
  client.on("error", ({ id, message }) => {
    if (id === LOG_SUBSCRIPTION.id) store.logRefusal = message;
  });
  client.on("snapshot", (snapshot) => {
    for (const { stream, frame, seen, state, stats } of snapshot.streams) {
      const model = modelOf(stream);
      if (stats) model.newStats(stats);
      if (state) model.newState(state);
      if (seen) model.frame(seen);
      if (frame) model.frame(frame);
    }
    // After a reconnect the same lines come again: the newest say all.
    if (snapshot.log) {
      store.logRefusal = "";
      store.logs.replace(snapshot.log);
    }
  });
}

function keepVideo(store: Store, { jpeg, ...header }: VideoFrame): void {
  store.messages.add({ atMs: Date.now(), type: "video", stream: header.stream, bytes: jpeg.byteLength, content: { ...header, jpegBytes: jpeg.byteLength } });
}

async function showPicture(frame: VideoFrame, modelOf: (name: string) => StreamModel, arrived: () => void): Promise<void> {
  const { stream, epoch, frame: number, widthPx, heightPx, lookedAt } = frame;
  const jpeg = frame.jpeg as Uint8Array<ArrayBuffer>;
  try {
    const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    modelOf(stream).picture({ epoch, frame: number, widthPx, heightPx, lookedAt, image: { bitmap, jpeg } });
    arrived();
  } catch (error) {
    console.warn("a picture was not shown", error);
  }
}
