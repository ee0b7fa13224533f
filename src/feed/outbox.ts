import type { Clock } from "../core/clock.js";
import { gapTally, toLine, type GapRecord, type Subscription, type WireRecord } from "../wire/index.js";
import type { FeedLimits } from "./limits.js";
import { textMessage, type Framing, type TextMessage } from "./message.js";

/** The connection of one client, as its subscriber needs it. */
export interface ClientWire {
  readonly framing: Framing;
  /** Hands a message over; `left` is called later, once the system has taken it. When the client is gone it may never be. */
  send(message: Buffer, binary: boolean, left: () => void): void;
  /** Ends the connection, with a status of WebSocket and why. */
  close(status: number, reason: string): void;
}

/** What waits for one client, and what it lost. */
export interface OutboxLoad {
  readonly socketBytes: number;
  readonly queuedBytes: number;
  readonly queuedMessages: number;
  readonly sentMessages: number;
  /** Frame records. */
  readonly lostRecords: number;
}

/** Text messages in order: into the socket while it takes them, else into a queue of bounded bytes and age that loses its oldest. */
export interface Outbox {
  push(message: TextMessage, queue: Subscription["queue"]): void;
  /** To be called about once a second: what has waited too long goes. Returns whether the client takes nothing any more. */
  sweep(): boolean;
  /** Hands over everything that waits, and tells every gap. */
  finish(): void;
  readonly load: OutboxLoad;
}

interface Waiting {
  readonly message: TextMessage;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** Makes an empty outbox. Nothing is allocated for a message that the socket takes at once. */
export function openOutbox(wire: ClientWire, clock: Clock, limits: FeedLimits): Outbox {
  const gaps = gapTally("subscriber_slow");
  const queue: Waiting[] = [];
  /** Sizes of what is in the socket, oldest first. */
  const inSocket: number[] = [];
  const load = { socketBytes: 0, queuedBytes: 0, queuedMessages: 0, sentMessages: 0, lostRecords: 0 };
  let hasTaken = true;
  let quietSinceMs = clock.monotonicMs();

  const left = (): void => {
    hasTaken = true;
    load.socketBytes -= inSocket.shift() ?? 0;
    if (queue.length > 0) drain(limits.socketBytes);
  };
  const hand = (bytes: Buffer): void => {
    load.socketBytes += bytes.length;
    load.sentMessages += 1;
    inSocket.push(bytes.length);
    wire.send(bytes, false, left);
  };
  const tellGap = (stream: string): void => {
    const gap = gaps.take(stream, clock.wallMs());
    if (gap) hand(gapMessage(gap).bytes(wire.framing));
  };
  const send = ({ record, bytes }: TextMessage): void => {
    if (load.lostRecords > 0 && record?.stream !== undefined) tellGap(record.stream);
    hand(bytes(wire.framing));
  };
  const takeAt = (index: number): TextMessage => {
    const [{ message, bytes }] = (index === 0 ? [queue.shift()] : queue.splice(index, 1)) as [Waiting];
    load.queuedBytes -= bytes;
    load.queuedMessages -= 1;
    return message;
  };
  const drain = (untilSocketBytes: number): void => {
    while (queue.length > 0 && load.socketBytes < untilSocketBytes) send(takeAt(0));
  };
  const lose = (index: number): void => {
    const { record } = takeAt(index);
    if (record?.type !== "frame" && record?.type !== "gap") return;
    gaps.lose(record);
    load.lostRecords += record.type === "gap" ? record.records : 1;
  };
  const enqueue = (message: TextMessage): void => {
    const bytes = message.bytes(wire.framing).length;
    queue.push({ message, bytes, sinceMs: clock.monotonicMs() });
    load.queuedBytes += bytes;
    load.queuedMessages += 1;
    while (load.queuedBytes > limits.queueBytes) lose(0);
  };
  /** Everything of the same kind that waits is out of date. */
  const replace = (record: WireRecord | undefined): void => {
    if (record?.type !== "frame" && record?.type !== "stats") return;
    for (let i = queue.length - 1; i >= 0; i -= 1) {
      const waiting = queue[i]?.message.record;
      if (waiting?.type === record.type && waiting.stream === record.stream) lose(i);
    }
  };
  return {
    load,
    push(message, policy) {
      if (queue.length === 0 && load.socketBytes < limits.socketBytes) return send(message);
      if (policy === "latest") replace(message.record);
      enqueue(message);
    },
    sweep() {
      const nowMs = clock.monotonicMs();
      while (queue[0] !== undefined && queue[0].sinceMs < nowMs - limits.queueAgeMs) lose(0);
      if (hasTaken || load.socketBytes === 0) quietSinceMs = nowMs;
      hasTaken = false;
      return nowMs - quietSinceMs >= limits.stalledMs;
    },
    finish() {
      drain(Infinity);
      for (const stream of gaps.streams()) tellGap(stream);
    },
  };
}

const gapMessage = (gap: GapRecord): TextMessage => textMessage(toLine(gap), gap);
