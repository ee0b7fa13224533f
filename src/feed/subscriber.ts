import type { Clock } from "../core/clock.js";
import { gapTally, toLine, type WireRecord } from "../wire/index.js";
import { ALL_STREAMS, type Topic } from "../core/topics.js";

/** The connection of one client, as its subscriber needs it. */
export interface ClientWire {
  /** Hands a message to the socket; `left` is called later, once the system has taken it; never when the client is gone. */
  send(message: Buffer, binary: boolean, left: () => void): void;
}

/** How much may wait for one client. */
export interface SubscriberLimits {
  /** Handed to the socket, not yet taken by the system. More waits in our own queue, where it can still be dropped. */
  readonly socketBytes: number;
  /** Waiting in our queue; beyond it the oldest is dropped. */
  readonly queueBytes: number;
}

/** 1 MiB are over 1,000 records of ten objects: half a minute of a camera. */
export const DEFAULT_SUBSCRIBER_LIMITS: SubscriberLimits = { socketBytes: 256 * 1024, queueBytes: 1024 * 1024 };

/** A text message on its way; a record is serialised once for all clients. */
export interface TextMessage {
  /** Undefined for an answer to this client. */
  readonly record: WireRecord | undefined;
  readonly bytes: Buffer;
}

/** One picture slot a stream: at most one on its way, and the newest behind it. */
interface PictureSlot {
  /** The frame on its way; it is there when it has left the socket and the client has acknowledged it. */
  inFlightFrame: number | undefined;
  hasLeft: boolean;
  isAcknowledged: boolean;
  next: { readonly frame: number; readonly message: Buffer } | undefined;
}

/** One client: what it wants and what waits for it. Everything in it is bounded; a slow client only loses its own data. */
export interface Subscriber {
  subscribe(streams: readonly string[], topics: readonly Topic[]): void;
  wants(topic: Topic, stream: string): boolean;
  /** Sends or queues a record or an answer; when too much waits the oldest goes, and a `gap` record says so in its place. */
  text(message: TextMessage): void;
  /** Sends the picture when the stream's last one was acknowledged; else it replaces the one that waits. */
  picture(stream: string, frame: number, message: Buffer): void;
  acknowledge(stream: string, frame: number): void;
  /** Hands everything that waits to the socket: the connection is about to be closed. */
  finish(): void;
}

/** Makes a subscriber that wants nothing yet. */
export function subscriber(wire: ClientWire, clock: Clock, limits = DEFAULT_SUBSCRIBER_LIMITS): Subscriber {
  const outbox = textOutbox(wire, clock, limits);
  const pictures = pictureSlots(wire);
  let streams: ReadonlySet<string> = new Set();
  let topics: ReadonlySet<Topic> = new Set();
  const wants = (topic: Topic, stream: string): boolean =>
    topics.has(topic) && (streams.has(ALL_STREAMS) || streams.has(stream));
  return {
    wants,
    subscribe(newStreams, newTopics) {
      streams = new Set(newStreams);
      topics = new Set(newTopics);
      pictures.keepOnly((stream) => wants("video", stream));
    },
    text: (message) => outbox.push(message),
    picture: (stream, frame, message) => pictures.offer(stream, frame, message),
    acknowledge: (stream, frame) => pictures.acknowledge(stream, frame),
    finish: () => outbox.drain(Infinity),
  };
}

/** Text messages in order: into the socket while it takes them, else into a queue of bounded bytes that drops its oldest. */
function textOutbox(wire: ClientWire, clock: Clock, limits: SubscriberLimits) {
  const gaps = gapTally("subscriber_slow");
  const queue: TextMessage[] = [];
  let queuedBytes = 0;
  let socketBytes = 0;

  const hand = (bytes: Buffer): void => {
    socketBytes += bytes.length;
    wire.send(bytes, false, () => {
      socketBytes -= bytes.length;
      drain(limits.socketBytes);
    });
  };
  const send = ({ record, bytes }: TextMessage): void => {
    const gap = record && record.type !== "log" && gaps.take(record.stream, clock.wallMs());
    if (gap) hand(Buffer.from(toLine(gap)));
    hand(bytes);
  };
  const takeOldest = (): TextMessage | undefined => {
    const message = queue.shift();
    queuedBytes -= message?.bytes.length ?? 0;
    return message;
  };
  const drain = (untilSocketBytes: number): void => {
    while (socketBytes < untilSocketBytes) {
      const message = takeOldest();
      if (!message) return;
      send(message);
    }
  };
  return {
    drain,
    push(message: TextMessage) {
      if (queue.length === 0 && socketBytes < limits.socketBytes) return send(message);
      queue.push(message);
      queuedBytes += message.bytes.length;
      while (queuedBytes > limits.queueBytes) {
        const lost = takeOldest();
        if (lost?.record?.type === "frame") gaps.lose(lost.record);
      }
    },
  };
}

const idleSlot = (): PictureSlot => ({ inFlightFrame: undefined, hasLeft: true, isAcknowledged: true, next: undefined });

/** The newest picture of each stream, one on its way at a time. */
function pictureSlots(wire: ClientWire) {
  const slots = new Map<string, PictureSlot>();

  const send = (slot: PictureSlot, frame: number, message: Buffer): void => {
    Object.assign(slot, { inFlightFrame: frame, hasLeft: false, isAcknowledged: false, next: undefined });
    wire.send(message, true, () => {
      slot.hasLeft = true;
      goOn(slot);
    });
  };
  // A client that acknowledges without reading must not fill the socket, hence both conditions.
  const goOn = (slot: PictureSlot): void => {
    if (!slot.hasLeft || !slot.isAcknowledged) return;
    slot.inFlightFrame = undefined;
    if (slot.next) send(slot, slot.next.frame, slot.next.message);
  };
  return {
    offer(stream: string, frame: number, message: Buffer) {
      let slot = slots.get(stream);
      if (!slot) slots.set(stream, (slot = idleSlot()));
      if (slot.inFlightFrame === undefined) send(slot, frame, message);
      else slot.next = { frame, message };
    },
    acknowledge(stream: string, frame: number) {
      const slot = slots.get(stream);
      if (!slot || slot.inFlightFrame !== frame) return;
      slot.isAcknowledged = true;
      goOn(slot);
    },
    /** Forgets what waits for streams nobody wants any more. What is on its way stays so until it is acknowledged. */
    keepOnly(wanted: (stream: string) => boolean) {
      for (const [stream, slot] of slots) if (!wanted(stream)) slot.next = undefined;
    },
  };
}
