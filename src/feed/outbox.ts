import type { Clock } from "../core/clock.js";
import { lostOthersTally } from "../core/lost-others.js";
import { gapTally, toLine, type Missed, type Subscription, type WireRecord } from "../wire/index.js";
import type { FeedLimits } from "./limits.js";
import { answerMessage, textMessage, type Framing, type TextMessage } from "./message.js";

/** The connection of one client, as its subscriber needs it. */
export interface ClientWire {
  readonly framing: Framing;
  /** Bytes that were handed over and that the system has not taken yet. */
  bufferedBytes(): number;
  /** Hands over a message, whole as its framing wants it (binary ones as they are); `left` is called later, once the system has taken it. When the client is gone it may never be. */
  send(message: Buffer, binary: boolean, left: () => void): void;
  /** Ends the connection, with a status of WebSocket and why. */
  close(status: number, reason: string): void;
}

/** What waits in our own queue for one client, and what it lost. */
export interface OutboxLoad {
  readonly queuedBytes: number;
  readonly queuedMessages: number;
  readonly sentMessages: number;
  /** Frame records. */
  readonly lostRecords: number;
}

/** Text messages in order: into the socket while it takes them, else into a queue of bounded bytes and age that loses its oldest. */
export interface Outbox {
  /** `bytes` are those of the message in this client's framing, where they are known. */
  push(message: TextMessage, queue: Subscription["queue"], bytes?: Buffer): void;
  /** To be called about once a second: what has waited too long goes. Returns whether the client takes nothing any more. */
  sweep(): boolean;
  /** Frames and figures that wait are out of date and go, without a gap; so do gaps that were not told yet. */
  dropFrames(): void;
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
  const load = { queuedBytes: 0, queuedMessages: 0, sentMessages: 0, lostRecords: 0 };
  const queue = waitingLine(wire.framing, load, (record) => losses.lose(record));
  let hasTaken = true;
  let quietSinceMs = clock.monotonicMs();

  const left = (): void => {
    hasTaken = true;
    if (load.queuedMessages > 0) drain(limits.socketBytes);
  };
  const hand = (bytes: Buffer): void => {
    load.sentMessages += 1;
    wire.send(bytes, false, left);
  };
  const losses = whatIsLost(load, clock, (message) => hand(message.bytes(wire.framing)));
  const send = ({ record }: TextMessage, bytes: Buffer): void => {
    losses.tellBefore(record);
    hand(bytes);
  };
  const sendOldest = (): void => {
    const message = queue.take();
    send(message, message.bytes(wire.framing));
  };
  const drain = (untilSocketBytes: number): void => {
    while (load.queuedMessages > 0 && wire.bufferedBytes() < untilSocketBytes) sendOldest();
  };
  return {
    load,
    push(message, policy, bytes = message.bytes(wire.framing)) {
      if (load.queuedMessages === 0 && wire.bufferedBytes() < limits.socketBytes) return send(message, bytes);
      if (policy === "latest") queue.loseOlder(message.record);
      queue.add(message, clock.monotonicMs());
      queue.loseWhile(() => load.queuedBytes > limits.queueBytes);
    },
    sweep() {
      const nowMs = clock.monotonicMs();
      queue.loseWhile(({ sinceMs }) => sinceMs < nowMs - limits.queueAgeMs);
      if (hasTaken || wire.bufferedBytes() === 0) quietSinceMs = nowMs;
      hasTaken = false;
      return nowMs - quietSinceMs >= limits.stalledMs;
    },
    dropFrames() {
      queue.dropFrames();
      losses.forgetGaps();
    },
    finish() {
      drain(Infinity);
      losses.tellAll();
    },
  };
}

/** What was lost and is not told yet; how many frame records in all stands in its load. */
function whatIsLost(load: { lostRecords: number }, clock: Clock, tell: (message: TextMessage) => void) {
  let gaps = gapTally("subscriber_slow");
  const others = lostOthersTally();
  const tellGap = (stream: string): void => {
    const gap = gaps.take(stream, clock.wallMs());
    if (gap) tell(textMessage(toLine(gap), gap));
  };
  const tellOthers = (): void => {
    const lost = others.take();
    if (lost) tell(answerMessage({ type: "missed", lost } satisfies Missed));
  };
  return {
    lose(record: WireRecord): void {
      if (record.type !== "frame" && record.type !== "gap") return others.lose(record.type);
      gaps.lose(record);
      load.lostRecords += record.type === "gap" ? record.records : 1;
    },
    /** A record of that stream is next, or an answer. */
    tellBefore(record: WireRecord | undefined): void {
      tellOthers();
      if (load.lostRecords > 0 && record?.stream !== undefined) tellGap(record.stream);
    },
    forgetGaps: (): void => void (gaps = gapTally("subscriber_slow")),
    tellAll(): void {
      tellOthers();
      for (const stream of gaps.streams()) tellGap(stream);
    },
  };
}

/** What waits in our own memory, oldest first; its size stands in `load`. `lost` is told of records that are dropped. */
function waitingLine(framing: Framing, load: { queuedBytes: number; queuedMessages: number }, lost: (record: WireRecord) => void) {
  const line: Waiting[] = [];
  const takeAt = (index: number): TextMessage => {
    const [{ message, bytes }] = (index === 0 ? [line.shift()] : line.splice(index, 1)) as [Waiting];
    load.queuedBytes -= bytes;
    load.queuedMessages -= 1;
    return message;
  };
  const loseAt = (index: number): void => {
    const { record } = takeAt(index);
    if (record) lost(record);
  };
  return {
    add(message: TextMessage, sinceMs: number) {
      const bytes = message.bytes(framing).length;
      line.push({ message, bytes, sinceMs });
      load.queuedBytes += bytes;
      load.queuedMessages += 1;
    },
    take: () => takeAt(0),
    loseWhile(isLost: (oldest: Waiting) => boolean) {
      for (let [oldest] = line; oldest && isLost(oldest); [oldest] = line) loseAt(0);
    },
    dropFrames() {
      const isOld = (record: WireRecord | undefined): boolean => record?.type === "frame" || record?.type === "gap" || record?.type === "stats";
      for (let i = 0; i < line.length; ) {
        if (isOld(line[i]?.message.record)) takeAt(i);
        else i += 1;
      }
    },
    /** With the newest frame or figures of a stream, older ones that wait are out of date; a gap that waits becomes part of the new one. */
    loseOlder(record: WireRecord | undefined) {
      if (record?.type !== "frame" && record?.type !== "stats") return;
      const isOlder = (waiting: WireRecord | undefined): boolean =>
        waiting?.stream === record.stream && (waiting?.type === record.type || (waiting?.type === "gap" && record.type === "frame"));
      for (let i = 0; i < line.length; ) {
        if (isOlder(line[i]?.message.record)) loseAt(i);
        else i += 1;
      }
    },
  };
}
