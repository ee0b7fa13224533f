import { PipelineError } from "../core/errors.js";
import type { z } from "../core/schema.js";

/**
 * How every message with bytes lies in memory:
 *
 *    0     4              8               8 + n
 *   ┌─────┬──────────────┬───────────────┬───────────┬ ─ ─
 *   │magic│n, u32 little │words, JSON    │bytes      │
 *   └─────┴──────────────┴───────────────┴───────────┴ ─ ─
 *
 * SLT1 = a task, SLA1 = an answer, SLP1 = a part of a frame. Another layout gets another digit.
 */
export type Magic = "SLT1" | "SLA1" | "SLP1";

const HEAD_BYTES = 8;
/** Words are a few hundred bytes; a list of all class ids of a large model is some thousands. */
const MOST_WORDS_BYTES = 64 * 1024;

/** Makes a message. The bytes are copied: they may lie in shared memory and change later. */
export function seal(magic: Magic, words: object, ...bytes: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(words));
  const message = new Uint8Array(HEAD_BYTES + text.length + bytes.reduce((sum, { length }) => sum + length, 0));
  message.set(Buffer.from(magic, "latin1"));
  new DataView(message.buffer).setUint32(4, text.length, true);
  message.set(text, HEAD_BYTES);
  let at = HEAD_BYTES + text.length;
  for (const one of bytes) {
    message.set(one, at);
    at += one.length;
  }
  return message;
}

/** Bytes of a message before its own ones. */
export function overheadOf(words: object): number {
  return HEAD_BYTES + Buffer.byteLength(JSON.stringify(words));
}

/** A message that was taken apart; nothing is known of its words yet. */
export interface Unsealed {
  readonly words: unknown;
  /** In the message's own memory. */
  readonly bytes: Uint8Array;
}

/**
 * Takes a message apart.
 * @throws PipelineError E_QUEUE_MESSAGE
 */
export function unseal(magic: Magic, message: Uint8Array): Unsealed {
  const seen = Buffer.from(message.subarray(0, 4)).toString("latin1");
  if (message.length < HEAD_BYTES || seen !== magic) throw refused(`it begins with ${JSON.stringify(seen)}, expected ${magic}`);
  const length = new DataView(message.buffer, message.byteOffset).getUint32(4, true);
  if (length > MOST_WORDS_BYTES || HEAD_BYTES + length > message.length) throw refused(`its words are ${length} bytes long, the message has ${message.length}`);
  const end = HEAD_BYTES + length;
  return { words: parse(message.subarray(HEAD_BYTES, end)), bytes: message.subarray(end) };
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.length).toString("utf8"));
  } catch (cause) {
    throw refused("its words are no JSON", cause);
  }
}

/**
 * Words as they should be; `what` names the message in the error.
 * @throws PipelineError E_QUEUE_MESSAGE with the first thing that is wrong
 */
export function checked<Schema extends z.ZodType>(schema: Schema, words: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(words);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw refused(`${what}'s ${first?.path.join(".")}: ${first?.message}`);
}

/** What came is not what we send. */
export function refused(why: string, cause?: unknown): PipelineError {
  return new PipelineError("E_QUEUE_MESSAGE", why, { cause });
}
