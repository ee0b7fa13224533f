/** A protobuf message or text under construction. */
export type Bytes = Uint8Array;

const utf8 = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return bytes;
}

function joined(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const whole = (field: number, value: number): Bytes => Uint8Array.from([...varint(field * 8), ...varint(value)]);
const bytes = (field: number, content: Bytes): Bytes =>
  joined([Uint8Array.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
const text = (field: number, content: string): Bytes => bytes(field, utf8.encode(content));
const message = (field: number, ...parts: Bytes[]): Bytes => bytes(field, joined(parts));

/* Field numbers are those of onnx.proto3 (github.com/onnx/onnx). */

/** TensorProto.DataType. */
export const DATA_TYPES = { float32: 1, uint8: 2, int64: 7, float16: 10 } as const;
/** AttributeProto.AttributeType. */
const INT = 2;
const INTS = 7;
/** ONNX IR 8 goes with operator set 17, both of 2022: old enough for every runtime in use. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** One operator: its inputs and outputs by name, its whole-number attributes (0 or more) and lists of them. */
export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly int?: Readonly<Record<string, number>>;
  readonly ints?: Readonly<Record<string, readonly number[]>>;
}

/** A constant. The values' type is the tensor's: Float32Array or BigInt64Array. */
export interface OnnxConstant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** An input or output; a side by name is free. */
export interface OnnxValue {
  readonly name: string;
  readonly dims: readonly (number | string)[];
  /** Default: float32. */
  readonly dtype?: keyof typeof DATA_TYPES;
}

/** A whole model: enough of ONNX for small graphs of our own. */
export interface OnnxModel {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX file. The same model gives the same bytes. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  return joined([
    whole(1, IR_VERSION),
    text(2, "sightline"),
    message(
      7,
      ...model.nodes.map((node) => message(1, ...nodeFields(node))),
      text(2, model.name),
      ...model.constants.map((constant) => message(5, ...constantFields(constant))),
      ...model.inputs.map((value) => message(11, ...valueFields(value))),
      ...model.outputs.map((value) => message(12, ...valueFields(value))),
    ),
    message(8, whole(2, OPSET_VERSION)),
    ...Object.entries(model.metadata).map(([key, value]) => message(14, text(1, key), text(2, value))),
  ]);
}

/** What goes before a graph. */
export interface Prefix {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  /** The input that gives way to `input`: one of the nodes has to make its values. */
  readonly replaced: string;
  readonly input: OnnxValue;
}

/** A field as it stands in a file. */
export interface WrittenField {
  readonly number: number;
  /** Its key included. */
  readonly whole: Uint8Array;
  readonly payload: Uint8Array;
}

/** Field numbers: the graph of a model, an input of a graph, the name of an input. */
const [GRAPH, INPUT, NAME] = [7, 11, 1];

/**
 * A model with something before its graph. All else stays as it is, byte for byte.
 * fieldsOf   cuts a message into its fields
 */
export function prependTo(onnx: Uint8Array, { nodes, constants, replaced, input }: Prefix, fieldsOf: (message: Uint8Array) => Iterable<WrittenField>): Uint8Array {
  const isReplaced = ({ number, payload }: WrittenField): boolean =>
    number === INPUT && [...fieldsOf(payload)].some((field) => field.number === NAME && new TextDecoder().decode(field.payload) === replaced);
  const before = [...nodes.map((node) => message(1, ...nodeFields(node))), ...constants.map((constant) => message(5, ...constantFields(constant)))];
  const graphOf = (graph: Uint8Array): Bytes[] => Array.from(fieldsOf(graph), (field) => (isReplaced(field) ? message(INPUT, ...valueFields(input)) : field.whole));
  return joined(Array.from(fieldsOf(onnx), (field) => (field.number === GRAPH ? message(GRAPH, ...before, ...graphOf(field.payload)) : field.whole)));
}

function nodeFields({ op, inputs, outputs, int = {}, ints = {} }: OnnxNode): Bytes[] {
  const single = Object.entries(int).map(([name, value]) => message(5, text(1, name), whole(3, value), whole(20, INT)));
  const lists = Object.entries(ints).map(([name, values]) =>
    message(5, text(1, name), ...values.map((value) => whole(8, value)), whole(20, INTS)),
  );
  return [...inputs.map((name) => text(1, name)), ...outputs.map((name) => text(2, name)), text(4, op), ...single, ...lists];
}

function constantFields({ name, dims, values }: OnnxConstant): Bytes[] {
  const type = values instanceof Float32Array ? DATA_TYPES.float32 : DATA_TYPES.int64;
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...dims.map((dim) => whole(1, dim)), whole(2, type), text(8, name), bytes(9, raw)];
}

function valueFields({ name, dims, dtype = "float32" }: OnnxValue): Bytes[] {
  const shape = message(2, ...dims.map((dim) => message(1, typeof dim === "number" ? whole(1, dim) : text(2, dim))));
  return [text(1, name), message(2, message(1, whole(1, DATA_TYPES[dtype]), shape))];
}
