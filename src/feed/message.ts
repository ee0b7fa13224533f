import type { WireRecord } from "../wire/index.js";

/**
 * How messages are told apart on a connection. socket: each is a whole text frame of WebSocket (RFC 6455, 5.2), made once
 * for all clients rather than by the library for each: a quarter of what sending costs. sse: server-sent events. ndjson: lines.
 */
export type Framing = "socket" | "sse" | "ndjson";

/** A text message on its way to any number of clients: its bytes are made once for each framing, and never changed. */
export interface TextMessage {
  /** Undefined for an answer to one client. */
  readonly record: WireRecord | undefined;
  bytes(framing: Framing): Buffer;
}

/** Makes a message of JSON on one line. `eventId` is the one by which server-sent events are resumed. */
export function textMessage(line: string, record?: WireRecord, eventId?: string): TextMessage {
  let frame: Buffer | undefined;
  let sse: Buffer | undefined;
  let ndjson: Buffer | undefined;
  return {
    record,
    bytes(framing) {
      if (framing === "socket") return (frame ??= textFrame(line));
      if (framing === "ndjson") return (ndjson ??= Buffer.from(`${line}\n`));
      return (sse ??= Buffer.from(`${eventId === undefined ? "" : `id: ${eventId}\n`}data: ${line}\n\n`));
    },
  };
}

/** Makes a message to one client. */
export const answerMessage = (answer: object): TextMessage => textMessage(JSON.stringify(answer));

/** Final, text. A server's frames are not masked. */
const FINAL_TEXT = 0x81;
/** Lengths from here on stand in two bytes, from the second on in eight. */
const LENGTH_IN_TWO = 126;
const LENGTH_IN_EIGHT = 65_536;

/** A text as one frame, as a server sends it. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headBytes = length < LENGTH_IN_TWO ? 2 : length < LENGTH_IN_EIGHT ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = FINAL_TEXT;
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headBytes);
  return frame;
}
