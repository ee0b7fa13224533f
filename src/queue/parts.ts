import { z } from "../core/schema.js";
import { overheadOf, refused, seal, unseal } from "./envelope.js";

/*
 * A frame that is larger than a message of the broker: its first bytes are in the task's message, the worker asks the
 * session for the others. The session has the frame as long as it waits for the answer, so nothing of it has to be kept
 * anywhere else, and what nobody wants any more is not sent.
 */

/** Some bytes of a frame. */
export interface Range {
  readonly from: number;
  readonly bytes: number;
}

const requestWords = z.strictObject({ task: z.int().min(0), from: z.int().min(0), bytes: z.int().min(1) });
const partWords = z.strictObject({ task: z.int().min(0), from: z.int().min(0), totalBytes: z.int().min(0) });

/** Asks for some bytes. */
export type PartRequest = z.output<typeof requestWords>;

/** What is missing behind the first bytes, cut so that each piece is no longer than `mostBytes`. */
export function missingRanges(firstBytes: number, totalBytes: number, mostBytes: number): Range[] {
  const ranges: Range[] = [];
  for (let from = firstBytes; from < totalBytes; from += mostBytes) ranges.push({ from, bytes: Math.min(mostBytes, totalBytes - from) });
  return ranges;
}

/** Most bytes of a frame that fit into one part. */
export function mostPartBytes(maxPayloadBytes: number): number {
  const longest = { task: Number.MAX_SAFE_INTEGER, from: Number.MAX_SAFE_INTEGER, totalBytes: Number.MAX_SAFE_INTEGER };
  return Math.max(1, maxPayloadBytes - overheadOf(longest));
}

/** The question. */
export function encodePartRequest(request: PartRequest): Uint8Array {
  return seal("SLP1", request);
}

/** @throws PipelineError E_QUEUE_MESSAGE */
export function decodePartRequest(message: Uint8Array): PartRequest {
  const parsed = requestWords.safeParse(unseal("SLP1", message).words);
  if (!parsed.success) throw refused("a question for a part is not understood");
  return parsed.data;
}

/** The answer; a frame that is over has no bytes any more: pass undefined. */
export function encodePart({ task, from, bytes }: PartRequest, frame: Uint8Array | undefined): Uint8Array {
  const words = { task, from, totalBytes: frame?.length ?? 0 };
  return frame === undefined ? seal("SLP1", words) : seal("SLP1", words, frame.subarray(from, from + bytes));
}

/**
 * The bytes of a part that answers this question; undefined when the frame is over.
 * @throws PipelineError E_QUEUE_MESSAGE when it answers another question or is not whole
 */
export function decodePart(message: Uint8Array, asked: PartRequest, totalBytes: number): Uint8Array | undefined {
  const { words, bytes } = unseal("SLP1", message);
  const parsed = partWords.safeParse(words);
  if (!parsed.success || parsed.data.task !== asked.task || parsed.data.from !== asked.from) throw refused("a part answers another question");
  if (parsed.data.totalBytes === 0) return undefined;
  if (parsed.data.totalBytes !== totalBytes || bytes.length !== asked.bytes) {
    throw refused(`a part of ${bytes.length} bytes of ${parsed.data.totalBytes}, expected ${asked.bytes} of ${totalBytes}`);
  }
  return bytes;
}
