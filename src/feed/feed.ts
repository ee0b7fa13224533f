import type { Access } from "../core/access.js";
import type { Clock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import { SUBPROTOCOL, type Topic } from "../core/topics.js";
import { encodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
import { REQUEST_LIMITS, timeOfDay, type FrameRecord, type Playback, type PlaybackState, type Published, type StatsRecord, type Subscription, type WireRecord } from "../wire/index.js";
import { openAudience, type Audience } from "./audience.js";
import { clientHandlers, startSubscription, type ClientHandlers } from "./clients.js";
import { DEFAULT_FEED_LIMITS, type FeedLimits } from "./limits.js";
import { textMessage } from "./message.js";
import type { ClientWire, OutboxLoad } from "./outbox.js";
import { openPresent, type Latest, type Present } from "./present.js";
import { refusalOf } from "./requests.js";
import { subscriber, type Subscriber } from "./subscriber.js";
import { openViews } from "./views.js";

/** What a feed is told at its beginning. */
export interface FeedOptions {
  /** The program's, for the greeting. */
  readonly version: string;
  /** Another one at each start of the program; no dots in it. */
  readonly instance: string;
  /** Names known so far. */
  readonly streams: readonly string[];
  readonly limits?: Partial<FeedLimits>;
}

/** Who gets what: the subscribers, the newest of everything, and a bounded past. Knows no socket. */
export interface Feed extends Disposable {
  publish(published: Published): void;
  publishPicture(picture: VideoFrame): void;
  /** How many want pictures of the stream. */
  watchers(stream: string): number;
  onWatchersChange(listener: () => void): Disposable;
  /** Calls back with every picture of a stream, and counts as a watcher until disposed. */
  watch(stream: string, onPicture: (picture: VideoFrame) => void): Disposable;
  /** The newest record of each kind; undefined for a stream that is not known. */
  latest(stream: string): Latest | undefined;
  /** The newest stats record of every stream. */
  latestStats(): readonly StatsRecord[];
  /** A frame's record, while it is in the history. */
  find(stream: string, epoch: number, frame: number): FrameRecord | undefined;
  /** How the replay does, to all clients. After a jump nothing of before is sent or resumed any more. */
  playback(state: PlaybackState): void;
  /** A stream is gone: those who come later do not hear of it. */
  forget(stream: string): void;
  /** A client has connected that will say itself what it wants. */
  welcome(wire: ClientWire, access: Access): ClientHandlers;
  /** Why somebody may not open this, or undefined. */
  refusal(wanted: Subscription, access: Access): PipelineError | undefined;
  /** A client has connected that wants just this; `lastEventId` is where its last connection ended. */
  open(wanted: Subscription, access: Access, wire: ClientWire, lastEventId?: string): ClientHandlers;
  /** What waits for each client. */
  loads(): readonly ClientLoad[];
  /** Frame records that slow clients have lost so far, those that are gone too. */
  lostRecords(): number;
}

/** What waits for one client, and what it lost. */
export interface ClientLoad extends OutboxLoad {
  readonly framing: ClientWire["framing"];
  /** Handed to the socket, not yet taken by the system. */
  readonly socketBytes: number;
}

/** How often clients are looked at that may have stopped reading. */
const SWEEP_MS = 1000;
/** RFC 6455 and its registry: try again later. */
const CLOSE_TRY_AGAIN = 1013;

const TOPIC_OF = { frame: "detections", gap: "detections", stats: "stats", state: "state", event: "events", log: "log" } as const satisfies Record<WireRecord["type"], Topic>;

/** Makes a feed without clients. */
export function openFeed(options: FeedOptions, clock: Clock): Feed {
  const { streams } = options;
  const limits: FeedLimits = { ...DEFAULT_FEED_LIMITS, ...options.limits };
  const life = lifeOf(options.instance, () => [present, ...clients.all()].forEach((one) => one.startAnew()));
  const eventId = (seq: number): string => `${life.instance}.${seq}`;
  const views = openViews(eventId);
  const present = openPresent(streams, limits, eventId);
  const clients = clientList();
  const audience = openAudience(clients.all);
  const watching = pictureWatchers();
  const enter = (wire: ClientWire, access: Access): Subscriber => {
    const client = subscriber(wire, access, { clock, limits, views });
    clients.add(client, wire);
    client.answer(hello({ ...options, instance: life.instance }, limits, present.names().filter(client.sees), clock));
    if (life.playback) client.answer(life.playback);
    return client;
  };
  const known = (stream: string): boolean => present.of(stream) !== undefined;
  const changed = (): void => {
    audience.changed();
    watching.tell();
  };
  const parts = { present, clock, known, changed, left: clients.remove };
  const sweeping = clock.every(SWEEP_MS, () => clients.closeStalled(limits.stalledMs));
  return {
    publish: (published) => publish(published, present, audience),
    publishPicture(picture) {
      publishPicture(picture, audience);
      watching.publish(picture);
    },
    watchers: (stream) => watching.count(stream) + audience.of("video", stream).reduce((sum, { clients: those }) => sum + those.length, 0),
    onWatchersChange: watching.onChange,
    watch: watching.watch,
    latest: present.latest,
    latestStats: present.latestStats,
    find: present.find,
    playback(state) {
      const message = life.follow(state);
      for (const client of clients.all()) client.answer(message);
    },
    forget(stream) {
      present.forget(stream);
      views.forget(stream);
      audience.forget(stream);
      for (const client of clients.all()) client.forget(stream);
    },
    welcome: (wire, access) => clientHandlers(enter(wire, access), parts),
    refusal: (wanted, access) => refusalOf(wanted, access, known),
    open(wanted, access, wire, lastEventId) {
      const client = enter(wire, access);
      startSubscription(client, { id: "main", wanted, since: placeOf(lastEventId, life.instance) }, parts);
      return clientHandlers(client, parts);
    },
    loads: clients.loads,
    lostRecords: clients.lostRecords,
    [Symbol.dispose]: () => sweeping[Symbol.dispose](),
  };
}

/** Until when frame numbers mean the same: the program's life, or in a replay until its next jump, which is told. */
function lifeOf(ofProgram: string, jumped: () => void) {
  const life = {
    instance: ofProgram,
    playback: undefined as Playback | undefined,
    follow(state: PlaybackState): Playback {
      if ((life.playback?.jumps ?? 0) !== state.jumps) {
        life.instance = `${ofProgram}-${state.jumps}`;
        jumped();
      }
      return (life.playback = { type: "playback", ...state, instance: life.instance });
    },
  };
  return life;
}

/** Who is connected, and what those lost who are not any more. */
function clientList() {
  const wires = new Map<Subscriber, ClientWire>();
  let lostByGone = 0;
  return {
    all: () => wires.keys(),
    add: (client: Subscriber, wire: ClientWire) => void wires.set(client, wire),
    remove(client: Subscriber): void {
      if (wires.delete(client)) lostByGone += client.outbox.load.lostRecords;
    },
    closeStalled(stalledMs: number): void {
      for (const { outbox, close } of [...wires.keys()]) if (outbox.sweep()) close(CLOSE_TRY_AGAIN, `nothing was read for ${stalledMs / 1000} s`);
    },
    loads: () => [...wires].map(([{ outbox: { load } }, wire]) => loadOf(load, wire)),
    lostRecords: () => [...wires.keys()].reduce((sum, { outbox }) => sum + outbox.load.lostRecords, lostByGone),
  };
}

const loadOf = ({ queuedBytes, queuedMessages, sentMessages, lostRecords }: OutboxLoad, wire: ClientWire): ClientLoad => ({
  framing: wire.framing,
  socketBytes: wire.bufferedBytes(),
  queuedBytes,
  queuedMessages,
  sentMessages,
  lostRecords,
});

function hello({ version, instance }: FeedOptions, limits: FeedLimits, streams: readonly string[], clock: Clock): object {
  const { queueBytes, queueAgeMs, stalledMs, historyFrames } = limits;
  const shown = { requestBytes: REQUEST_LIMITS.bytes, subscriptions: REQUEST_LIMITS.subscriptions, queueBytes, queueAgeMs, stalledMs, historyFrames };
  return { type: "hello", protocol: SUBPROTOCOL, version, instance, serverTime: timeOfDay(clock.wallMs()), limits: shown, streams };
}

/** Keeps a record and hands it to everybody who wants it: one message for all who see it the same way. */
function publish({ record, line }: Published, present: Present, audience: Audience): void {
  const kept = present.keep({ record, line });
  const whole = kept?.message ?? textMessage(line, record);
  for (const { view, framing, queue, outboxes } of audience.of(TOPIC_OF[record.type], record.stream)) {
    const message = kept ? view.live(kept) : whole;
    if (!message) continue;
    const bytes = message.bytes(framing);
    for (const outbox of outboxes) outbox.push(message, queue, bytes);
  }
}

/** Sends a picture to those who want it; its message is made once. */
function publishPicture(picture: VideoFrame, audience: Audience): void {
  let message: Buffer | undefined;
  for (const { clients } of audience.of("video", picture.stream)) {
    message ??= Buffer.from(encodeVideoFrame(picture).buffer);
    for (const client of clients) client.picture(picture.stream, picture.frame, message);
  }
}

/** The place that an event's id names; undefined for one of another life of the program. */
function placeOf(eventId: string | undefined, instance: string): ((stream: string) => { readonly seq: number }) | undefined {
  const [of, number] = eventId?.split(".") ?? [];
  if (of !== instance || !/^\d{1,15}$/.test(number ?? "")) return undefined;
  const seq = Number(number);
  return () => ({ seq });
}

/** Those inside the program who watch pictures, and those who want to know whether anybody does. */
function pictureWatchers() {
  const watchers = new Map<string, Set<(picture: VideoFrame) => void>>();
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  return {
    tell,
    count: (stream: string): number => watchers.get(stream)?.size ?? 0,
    publish: (picture: VideoFrame): void => watchers.get(picture.stream)?.forEach((watcher) => watcher(picture)),
    onChange(listener: () => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    watch(stream: string, onPicture: (picture: VideoFrame) => void): Disposable {
      // A function of its own: the same listener may watch twice.
      const watcher = (picture: VideoFrame): void => onPicture(picture);
      const all = watchers.get(stream) ?? new Set();
      watchers.set(stream, all.add(watcher));
      tell();
      return {
        [Symbol.dispose]() {
          all.delete(watcher);
          if (all.size === 0 && watchers.get(stream) === all) watchers.delete(stream);
          tell();
        },
      };
    },
  };
}
