import type { Clock } from "../core/clock.js";
import type { Published, StatsRecord } from "../wire/index.js";
import { SUBPROTOCOL, type Topic } from "../core/topics.js";
import { encodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
import { parseRequest } from "./parse-request.js";
import { subscriber, type ClientWire, type Subscriber, type TextMessage } from "./subscriber.js";

/** What the feed does with a client. */
export interface ClientHandlers {
  request(text: string): void;
  /** The server is about to say goodbye: hand over what still waits. */
  closing(): void;
  gone(): void;
}

/** Who gets what: the subscribers and the newest figures. Knows no socket. */
export interface Feed {
  publish(published: Published): void;
  publishPicture(picture: VideoFrame): void;
  watchers(stream: string): number;
  onWatchersChange(listener: () => void): Disposable;
  /** The newest stats record of every stream. */
  latestStats(): readonly StatsRecord[];
  /** A stream is gone: those who come later do not hear of it. */
  forget(stream: string): void;
  /** A client has connected. */
  welcome(wire: ClientWire): ClientHandlers;
}

/** Makes a feed without clients. `version` is the program's, `streams` the names known so far; both for the greeting. */
export function openFeed(version: string, streams: readonly string[], clock: Clock): Feed {
  const clients = new Set<Subscriber>();
  const names = new Set(streams);
  const newestStats = new Map<string, { record: StatsRecord; line: string }>();
  const listeners = new Set<() => void>();
  const tellWatchers = (): void => listeners.forEach((listener) => listener());

  const subscribe = (client: Subscriber, wanted: readonly string[], topics: readonly Topic[]): void => {
    client.subscribe(wanted, topics);
    answer(client, { type: "subscribed", streams: wanted, topics });
    for (const { record, line } of newestStats.values()) {
      if (client.wants("stats", record.stream)) client.text({ record, bytes: Buffer.from(line) });
    }
    tellWatchers();
  };
  const handle = (client: Subscriber, text: string): void => {
    const request = parseRequest(text);
    if (request.type === "subscribe") subscribe(client, request.streams, request.topics);
    else if (request.type === "ack") client.acknowledge(request.stream, request.frame);
    else if (request.type === "invalid") answer(client, { type: "error", code: "E_REQUEST", message: request.message });
  };
  return {
    publish({ record, line }) {
      if (record.type === "log") return;
      names.add(record.stream);
      if (record.type === "stats") newestStats.set(record.stream, { record, line });
      const topic = record.type === "frame" || record.type === "gap" ? "detections" : "stats";
      let message: TextMessage | undefined;
      for (const client of clients) {
        if (client.wants(topic, record.stream)) client.text((message ??= { record, bytes: Buffer.from(line) }));
      }
    },
    publishPicture(picture) {
      let message: Buffer | undefined;
      for (const client of clients) {
        if (!client.wants("video", picture.stream)) continue;
        client.picture(picture.stream, picture.frame, (message ??= Buffer.from(encodeVideoFrame(picture).buffer)));
      }
    },
    watchers: (stream) => [...clients].filter((client) => client.wants("video", stream)).length,
    onWatchersChange(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    forget: (stream) => void (names.delete(stream), newestStats.delete(stream)),
    latestStats: () => [...newestStats.values()].map(({ record }) => record),
    welcome(wire) {
      const client = subscriber(wire, clock);
      clients.add(client);
      answer(client, { type: "hello", protocol: SUBPROTOCOL, version, streams: [...names] });
      return {
        request: (text) => handle(client, text),
        closing: () => client.finish(),
        gone: () => {
          clients.delete(client);
          tellWatchers();
        },
      };
    },
  };
}

const answer = (client: Subscriber, message: object): void =>
  client.text({ record: undefined, bytes: Buffer.from(JSON.stringify(message)) });
