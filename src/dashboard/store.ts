import type { FeedMessage, LogRecord, Playback } from "../wire/index.js";
import type { Filter } from "./filter.js";
import { LAYERS, type Layers } from "./draw.js";
import type { Happening, StreamModel } from "./stream-model.js";

/** A list that forgets its oldest. */
export interface BoundedList<T> {
  readonly items: readonly T[];
  /** How many have ever been added: tells whether there is something new. */
  readonly added: number;
  add(item: T): void;
  /** Forgets what there is and takes these. */
  replace(items: readonly T[]): void;
}

/** Makes an empty list of at most `most`. */
export function boundedList<T>(most: number): BoundedList<T> {
  let items: T[] = [];
  let added = 0;
  return {
    get items() {
      return items;
    },
    get added() {
      return added;
    },
    add(item) {
      added += 1;
      items.push(item);
      // Now and then, not each time: shifting a long array is slow.
      if (items.length >= 2 * most) items = items.slice(-most);
    },
    replace(others) {
      items = others.slice(-most);
      added += 1;
    },
  };
}

/** One message as it came from the socket. Pictures only with what their header says. */
export interface InspectedMessage {
  readonly atMs: number;
  readonly type: FeedMessage["type"] | "video";
  readonly stream: string;
  readonly bytes: number;
  readonly content: unknown;
}

/** How the connection does. Times are performance.now(), ms. */
export interface ConnectionFacts {
  readonly state: "connecting" | "open" | "waiting" | "closed" | "login";
  readonly reason: string;
  readonly retryAtMs: number | undefined;
  readonly sinceMs: number;
}

/** What the page knows and what whoever looks has chosen. */
export interface Store {
  readonly streams: ReadonlyMap<string, StreamModel>;
  readonly happenings: BoundedList<Happening>;
  readonly logs: BoundedList<LogRecord>;
  readonly messages: BoundedList<InspectedMessage>;
  connection: ConnectionFacts;
  /** The server's wall clock less ours, ms. */
  aheadMs: number;
  serverVersion: string;
  /** Why there is no log to be had; empty = there is. */
  logRefusal: string;
  filter: Filter;
  layers: Layers;
  /** Of what is live; a replay is paused by the server. */
  paused: boolean;
  /** How the server's replay does, and when it said so, performance.now(), ms; undefined = it shows what is live. */
  playback: { readonly message: Playback; readonly receivedMs: number } | undefined;
  /** Whether messages are kept for the inspector: only while it is looked at. */
  inspecting: boolean;
}

const MOST_HAPPENINGS = 300;
const MOST_LOGS = 500;
const MOST_MESSAGES = 300;

/** An empty store around a map of streams. */
export function makeStore(streams: ReadonlyMap<string, StreamModel>, filter: Filter): Store {
  return {
    streams,
    happenings: boundedList(MOST_HAPPENINGS),
    logs: boundedList(MOST_LOGS),
    messages: boundedList(MOST_MESSAGES),
    connection: { state: "connecting", reason: "", retryAtMs: undefined, sinceMs: performance.now() },
    aheadMs: 0,
    serverVersion: "",
    logRefusal: "",
    filter,
    layers: Object.fromEntries(LAYERS.map((layer) => [layer, true])) as Layers,
    paused: false,
    playback: undefined,
    inspecting: false,
  };
}
