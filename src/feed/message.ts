import type { WireRecord } from "../wire/index.js";

/** How messages are told apart on a connection: by the socket, as server-sent events, by line ends. */
export type Framing = "socket" | "sse" | "ndjson";

/** A text message on its way to any number of clients: its bytes are made once for each framing, and never changed. */
export interface TextMessage {
  /** Undefined for an answer to one client. */
  readonly record: WireRecord | undefined;
  bytes(framing: Framing): Buffer;
}

/** Makes a message of JSON on one line. `eventId` is the one by which server-sent events are resumed. */
export function textMessage(line: string, record?: WireRecord, eventId?: string): TextMessage {
  let plain: Buffer | undefined;
  let sse: Buffer | undefined;
  let ndjson: Buffer | undefined;
  return {
    record,
    bytes(framing) {
      if (framing === "socket") return (plain ??= Buffer.from(line));
      if (framing === "ndjson") return (ndjson ??= Buffer.from(`${line}\n`));
      return (sse ??= Buffer.from(`${eventId === undefined ? "" : `id: ${eventId}\n`}data: ${line}\n\n`));
    },
  };
}

/** Makes a message to one client. */
export const answerMessage = (answer: object): TextMessage => textMessage(JSON.stringify(answer));
