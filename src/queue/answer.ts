import { ERROR_TABLE, type ErrorCode } from "../core/errors.js";
import { z } from "../core/schema.js";
import type { WorkerAnswer } from "../pool/index.js";
import { detectionWords, packDetections, unpackDetections } from "./detection-bytes.js";
import { checked, refused, seal, unseal } from "./envelope.js";

const LONGEST_MESSAGE = 2000;

const durationMs = z.number().min(0);
const answerWords = z.discriminatedUnion("ok", [
  z.strictObject({
    task: z.int().min(0), deliveries: z.int().min(1), ok: z.literal(true), ...detectionWords,
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
  const { detections, normaliseMs, inferMs, decodeMs } = answer;
  const { words, bytes } = packDetections(detections);
  return seal("SLA1", { task, deliveries, ok: true, ...words, normaliseMs, inferMs, decodeMs }, ...bytes);
}

/**
 * Reads an answer of a model with so many classes; 0 = nobody knows how many.
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
  const { normaliseMs, inferMs, decodeMs } = said;
  return { task, deliveries, answer: { ok: true, detections: unpackDetections(said, bytes, classes), normaliseMs, inferMs, decodeMs } };
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);
