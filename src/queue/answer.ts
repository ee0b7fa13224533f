import { ERROR_TABLE, type ErrorCode } from "../core/errors.js";
import { z } from "../core/schema.js";
import type { WorkerAnswer } from "../pool/index.js";
import { checked, refused, seal, unseal } from "./envelope.js";

const LONGEST_MESSAGE = 2000;
const MOST_DETECTIONS = 10_000;
/** An answer's bytes: four box sides and a score as float32, a class id as int32, each of all objects in a row. */
const BYTES_PER_OBJECT = 4 * 4 + 4 + 4;

const durationMs = z.number().min(0);
const answerWords = z.discriminatedUnion("ok", [
  z.strictObject({
    task: z.int().min(0), deliveries: z.int().min(1), ok: z.literal(true), count: z.int().min(0).max(MOST_DETECTIONS),
    normaliseMs: durationMs, inferMs: durationMs, decodeMs: durationMs,
  }),
  z.strictObject({
    task: z.int().min(0), deliveries: z.int().min(1), ok: z.literal(false),
    error: z.strictObject({ code: z.string(), message: z.string().max(LONGEST_MESSAGE) }),
  }),
]);

/** An answer with the question that it belongs to. */
export interface QueueAnswer {
  readonly task: number;
  /** How often the broker had handed the task out by then: 1, or more when a worker was lost with it. */
  readonly deliveries: number;
  readonly answer: WorkerAnswer;
}

/** Makes the message of an answer. */
export function encodeAnswer({ task, deliveries, answer }: QueueAnswer): Uint8Array {
  if (!answer.ok) {
    const { code, message } = answer.error;
    return seal("SLA1", { task, deliveries, ok: false, error: { code, message: message.slice(0, LONGEST_MESSAGE) } });
  }
  const { boxes, scores, classIds, normaliseMs, inferMs, decodeMs } = answer;
  const words = { task, deliveries, ok: true, count: scores.length, normaliseMs, inferMs, decodeMs };
  return seal("SLA1", words, bytesOf(boxes), bytesOf(scores), bytesOf(classIds));
}

/** Little-endian, as every machine is that Node and the runtime are built for. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Reads an answer of a model with so many classes.
 * @throws PipelineError E_QUEUE_MESSAGE
 */
export function decodeAnswer(message: Uint8Array, classes: number): QueueAnswer {
  const { words, bytes } = unseal("SLA1", message);
  const said = checked(answerWords, words, "an answer");
  const { task, deliveries } = said;
  if (!said.ok) {
    const { code, message: text } = said.error;
    if (!isCode(code)) throw refused(`an answer with the unknown error ${JSON.stringify(code)}`);
    return { task, deliveries, answer: { ok: false, error: { code, message: text } } };
  }
  const { count, normaliseMs, inferMs, decodeMs } = said;
  if (bytes.length !== count * BYTES_PER_OBJECT) throw refused(`an answer of ${bytes.length} bytes for ${count} objects`);
  // A copy of its own (a Buffer's slice is none): the message's memory belongs to the connection, and begins anywhere.
  const own = new Uint8Array(bytes).buffer;
  const boxes = new Float32Array(own, 0, 4 * count);
  const scores = new Float32Array(own, 16 * count, count);
  const classIds = new Int32Array(own, 20 * count, count);
  if (![...boxes, ...scores].every(Number.isFinite)) throw refused("an answer with a number that is none");
  if (classIds.some((id) => id < 0 || id >= classes)) throw refused(`an answer with a class that is none of ${classes}`);
  return { task, deliveries, answer: { ok: true, boxes, scores, classIds, normaliseMs, inferMs, decodeMs } };
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);
