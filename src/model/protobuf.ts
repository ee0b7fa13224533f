/** Bytes that are read piece by piece, so that a model's weights never are. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`; both lie within the size. The caller keeps them only until the next call. */
  readAt(offset: number, length: number): Uint8Array;
}

/** One field of a message: a number (wire type 0) or a range of bytes that holds a text or another message (2). */
export interface Field {
  readonly number: number;
  readonly wire: number;
  /** Wire type 0; 64-bit values above 2^63 (negative numbers) come out negative. Else 0. */
  readonly value: number;
  /** Range of the payload in the source. */
  readonly start: number;
  readonly end: number;
}

/** The bytes are not a whole protobuf message. */
export class ProtobufError extends Error {}

const VARINT_BYTES = 10;
/** Longest key and length together. */
const HEAD_BYTES = 2 * VARINT_BYTES;
/** A fixed size for each wire type; null = it says its own. Groups (3, 4) are long dead and refused. */
const FIXED_BYTES: Readonly<Record<number, number | null>> = { 0: null, 1: 8, 2: null, 5: 4 };

interface Varint {
  readonly value: number;
  readonly bytes: number;
}

/** A varint of up to 64 bits as a double: exact below 2^53, which any honest length is. */
function varint(bytes: Uint8Array, from: number): Varint {
  let value = 0;
  let unit = 1;
  for (let i = 0; i < VARINT_BYTES; i += 1) {
    const byte = bytes[from + i];
    if (byte === undefined) throw new ProtobufError("the data ends in the middle of a number");
    value += (byte & 0x7f) * unit;
    unit *= 128;
    if (byte < 0x80) return { value: value >= 2 ** 63 ? value - 2 ** 64 : value, bytes: i + 1 };
  }
  throw new ProtobufError(`a number is longer than ${VARINT_BYTES} bytes`);
}

/**
 * Walks the fields of the message in start..end; what it holds is skipped by its length, never read.
 * Source: protobuf.dev, "Encoding".
 * @throws ProtobufError at the first field that does not fit
 */
export function* fieldsOf(source: ByteSource, start: number, end: number): Generator<Field, void, void> {
  for (let at = start; at < end;) {
    const head = source.readAt(at, Math.min(HEAD_BYTES, end - at));
    const key = varint(head, 0);
    const wire = key.value % 8;
    const number = Math.floor(key.value / 8);
    const fixed = FIXED_BYTES[wire];
    if (number < 1 || fixed === undefined) {
      throw new ProtobufError(`no field can have the key ${key.value} (at byte ${at})`);
    }
    const body = fixed === null ? varint(head, key.bytes) : { value: fixed, bytes: 0 };
    const from = at + key.bytes + (wire === 0 ? 0 : body.bytes);
    const length = wire === 0 ? body.bytes : body.value;
    if (length < 0 || length > end - from) {
      throw new ProtobufError(`field ${number} at byte ${at} wants ${length} bytes, ${end - from} are there`);
    }
    yield { number, wire, value: wire === 0 ? body.value : 0, start: from, end: from + length };
    at = from + length;
  }
}

/** Longest text that is read, bytes: names of 80 classes take 1.5 kB. */
const TEXT_LIMIT_BYTES = 4 * 1024 * 1024;
const utf8 = new TextDecoder();

/** A field as text. */
export function textOf(source: ByteSource, field: Field): string {
  if (field.wire !== 2) throw new ProtobufError(`field ${field.number} at byte ${field.start} is no text`);
  const length = field.end - field.start;
  if (length > TEXT_LIMIT_BYTES) throw new ProtobufError(`a text of ${length} bytes (limit ${TEXT_LIMIT_BYTES})`);
  return utf8.decode(source.readAt(field.start, length));
}

/** The fields of a field that is a message. */
export function fieldsIn(source: ByteSource, field: Field): Generator<Field, void, void> {
  if (field.wire !== 2) throw new ProtobufError(`field ${field.number} at byte ${field.start} is no message`);
  return fieldsOf(source, field.start, field.end);
}
