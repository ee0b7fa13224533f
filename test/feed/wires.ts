import type { ClientWire } from "../../src/feed/index.js";

/** A message as it left for a client. */
export interface Sent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A connection that takes nothing until it is told to. */
export interface TestWire extends ClientWire {
  /** The text messages that were handed over, whole as they go over the wire. */
  readonly buffers: Buffer[];
  readonly pictures: string[];
  readonly closed: [status: number, reason: string][];
  /** The text messages that were handed over, read. */
  messages(): Sent[];
  /** The network takes everything, also what is handed over meanwhile. */
  drain(): void;
  /** It takes so many messages. */
  take(count: number): void;
}

/** Makes one; an eager one takes everything at once. */
export function testWire({ framing = "socket", eager = false }: { framing?: ClientWire["framing"]; eager?: boolean } = {}): TestWire {
  const waiting: { readonly bytes: number; readonly left: () => void }[] = [];
  let bufferedBytes = 0;
  const wire: TestWire = {
    framing,
    buffers: [],
    pictures: [],
    closed: [],
    bufferedBytes: () => bufferedBytes,
    send(message, binary, left) {
      if (binary) wire.pictures.push(message.toString());
      else wire.buffers.push(message);
      if (eager) return left();
      waiting.push({ bytes: message.length, left });
      bufferedBytes += message.length;
    },
    close: (status, reason) => void wire.closed.push([status, reason]),
    messages: () => wire.buffers.map((bytes) => JSON.parse(payloadOf(bytes)) as Sent),
    drain: () => wire.take(Infinity),
    take(count) {
      for (let taken = 0; taken < count && waiting.length > 0; taken += 1) {
        const { bytes, left } = waiting.shift()!;
        bufferedBytes -= bytes;
        left();
      }
    },
  };
  return wire;
}

/** The text of a message: JSON begins with a bracket, which no head of a frame and no field name has. */
export const payloadOf = (bytes: Buffer): string => bytes.toString().slice(bytes.toString().indexOf("{"));

/** A frame, a gap or another message in a few words. */
export function inWords({ type, stream, frame, fromFrame, toFrame }: Sent): string {
  if (type === "frame") return `${String(stream)} ${String(frame)}`;
  return type === "gap" ? `${String(stream)} lost ${String(fromFrame)}-${String(toFrame)}` : type;
}
