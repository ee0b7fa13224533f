import { maySee, type Access } from "../core/access.js";
import type { Clock } from "../core/clock.js";
import { ALL_STREAMS, type Topic } from "../core/topics.js";
import type { Subscription } from "../wire/index.js";
import type { FeedLimits } from "./limits.js";
import { answerMessage, type Framing } from "./message.js";
import { openOutbox, type ClientWire, type Outbox } from "./outbox.js";
import { pictureSlots } from "./picture-slots.js";
import type { View, Views } from "./views.js";

/** One subscription of a client. */
export interface Standing {
  readonly id: string;
  readonly wanted: Subscription;
  readonly view: View;
}

/** One client: what it wants and what waits for it. Everything in it is bounded; a slow client only loses its own data. */
export interface Subscriber {
  readonly access: Access;
  readonly framing: Framing;
  /** Text messages to this client go here. */
  readonly outbox: Outbox;
  /** Whether this client may know of a stream. */
  sees(stream: string): boolean;
  /** How many subscriptions there are. */
  readonly size: number;
  has(id: string): boolean;
  /** Begins a subscription or replaces the one with that id; it is the newest then. */
  subscribe(id: string, wanted: Subscription): Standing;
  /** Whether there was one. */
  unsubscribe(id: string): boolean;
  /** The subscription that decides about a stream's records of a topic; undefined = not wanted, or not to be seen. `stream` is undefined for what belongs to none. */
  route(topic: Topic, stream: string | undefined): Standing | undefined;
  /** Sends or queues an answer to this client alone. */
  answer(answer: object): void;
  picture(stream: string, frame: number, message: Buffer): void;
  acknowledge(stream: string, frame: number): void;
  forget(stream: string): void;
  /** Frames begin anew: those of before that still wait are not sent any more. */
  startAnew(): void;
  /** Ends the connection, with a status of WebSocket. */
  close(status: number, reason: string): void;
  /** The client is gone: lets go of what it shared with others. */
  release(): void;
}

/** Makes a subscriber that wants nothing yet. */
export function subscriber(wire: ClientWire, access: Access, parts: { readonly clock: Clock; readonly limits: FeedLimits; readonly views: Views }): Subscriber {
  const { views } = parts;
  const outbox = openOutbox(wire, parts.clock, parts.limits);
  const pictures = pictureSlots(wire);
  /** Oldest first. */
  const standing = new Map<string, Standing>();
  const route = (topic: Topic, stream: string | undefined): Standing | undefined => decides([...standing.values()], access, topic, stream);

  const drop = (id: string): boolean => {
    const one = standing.get(id);
    if (one) views.release(one.wanted);
    return standing.delete(id);
  };
  const changed = (): void => pictures.keepOnly((stream) => route("video", stream) !== undefined);
  return {
    access,
    framing: wire.framing,
    outbox,
    sees: (stream) => maySee(access, stream),
    get size() {
      return standing.size;
    },
    has: (id) => standing.has(id),
    subscribe(id, wanted) {
      const one = { id, wanted, view: views.take(wanted) };
      drop(id);
      standing.set(id, one);
      changed();
      return one;
    },
    unsubscribe(id) {
      const was = drop(id);
      changed();
      return was;
    },
    route,
    answer: (answer) => outbox.push(answerMessage(answer), "all"),
    picture: pictures.offer,
    acknowledge: pictures.acknowledge,
    forget: pictures.forget,
    startAnew() {
      outbox.dropFrames();
      pictures.keepOnly(() => false);
    },
    close: (status, reason) => wire.close(status, reason),
    release() {
      for (const id of [...standing.keys()]) drop(id);
    },
  };
}

/** Whether somebody may hear of a topic of a stream. The log is the operator's. */
export const mayHear = (access: Access, topic: Topic, stream: string | undefined): boolean =>
  (topic !== "log" || access.role === "admin") && (stream === undefined || maySee(access, stream));

/** Whether a subscription names a stream. */
export const covers = ({ streams }: Pick<Subscription, "streams">, stream: string): boolean => streams.includes(ALL_STREAMS) || streams.includes(stream);

/** The newest subscription that names the stream and the topic. */
function decides(standing: readonly Standing[], access: Access, topic: Topic, stream: string | undefined): Standing | undefined {
  if (!mayHear(access, topic, stream)) return undefined;
  return standing.findLast(({ wanted }) => wanted.topics.includes(topic) && (stream === undefined || covers(wanted, stream)));
}
