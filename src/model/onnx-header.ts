import { PipelineError } from "../core/errors.js";
import { fieldsIn, fieldsOf, ProtobufError, textOf, type ByteSource, type Field } from "./protobuf.js";

/** One side of a tensor: its size, or a name (or "?") where it is free. */
export type Dim = number | string;

/** A graph's input or output. */
export interface ValueInfo {
  readonly name: string;
  /** `float32`, `int64`, ...; `type N` for numbers that we have no name for; `none` for what is no tensor. */
  readonly dtype: string;
  readonly dims: readonly Dim[];
}

/** What an ONNX file says of itself, without its weights. */
export interface OnnxHeader {
  readonly producer: string;
  /** Version of the standard operators. */
  readonly opset: number;
  /** Real inputs: weights that are listed as inputs too (files before IR version 4) are left out. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Names of the operators in the graph, each once; those of its branches and loops are not among them. */
  readonly operators: ReadonlySet<string>;
}

/** Field numbers of onnx.proto3 (github.com/onnx/onnx), by message. */
const MODEL = { producerName: 2, graph: 7, opsetImport: 8, metadataProps: 14 } as const;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const NODE = { opType: 4 } as const;
const OPSET = { domain: 1, version: 2 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const VALUE_INFO = { name: 1, type: 2 } as const;
const TYPE = { tensorType: 1 } as const;
const TENSOR_TYPE = { elemType: 1, shape: 2 } as const;
const SHAPE = { dim: 1 } as const;
const DIM = { value: 1, param: 2 } as const;
const TENSOR = { name: 8 } as const;

/** TensorProto.DataType of onnx.proto3. */
const DTYPES: Readonly<Record<number, string>> = {
  1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
  9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
};

/**
 * Reads the header of an ONNX file: names, shapes, metadata. Weights are skipped by their lengths.
 * @throws PipelineError E_MODEL_INVALID when it is cut, foreign or hostile
 */
export function readOnnxHeader(source: ByteSource): OnnxHeader {
  try {
    return readModel(source);
  } catch (cause) {
    if (!(cause instanceof ProtobufError)) throw cause;
    throw new PipelineError("E_MODEL_INVALID", `not a whole ONNX file (${source.sizeBytes} bytes): ${cause.message}`, {
      cause,
    });
  }
}

function readModel(source: ByteSource): OnnxHeader {
  const metadata = new Map<string, string>();
  let producer = "";
  let opset = 0;
  let graph: Field | undefined;
  for (const field of fieldsOf(source, 0, source.sizeBytes)) {
    if (field.number === MODEL.producerName) producer = textOf(source, field);
    else if (field.number === MODEL.graph) graph = field;
    else if (field.number === MODEL.opsetImport) opset = Math.max(opset, standardOpset(source, field));
    else if (field.number === MODEL.metadataProps) addEntry(source, field, metadata);
  }
  if (graph === undefined) throw new ProtobufError("it holds no graph");
  // Written after the graph: a file that was cut right behind it has none.
  if (opset === 0) throw new ProtobufError("it names no operator set");
  return { producer, opset, ...readGraph(source, graph), metadata };
}

function readGraph(source: ByteSource, graph: Field): Pick<OnnxHeader, "inputs" | "outputs" | "operators"> {
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const operators = new Set<string>();
  for (const field of fieldsIn(source, graph)) {
    if (field.number === GRAPH.node) addOperator(source, field, operators);
    else if (field.number === GRAPH.input) inputs.push(readValueInfo(source, field));
    else if (field.number === GRAPH.output) outputs.push(readValueInfo(source, field));
  }
  if (outputs.length === 0) throw new ProtobufError("its graph has no outputs");
  if (inputs.length <= 1) return { inputs, outputs, operators };
  const weights = weightNames(source, graph);
  return { inputs: inputs.filter(({ name }) => !weights.has(name)), outputs, operators };
}

function addOperator(source: ByteSource, node: Field, operators: Set<string>): void {
  for (const part of fieldsIn(source, node)) if (part.number === NODE.opType) operators.add(textOf(source, part));
}

function weightNames(source: ByteSource, graph: Field): Set<string> {
  const names = new Set<string>();
  for (const field of fieldsIn(source, graph)) {
    if (field.number !== GRAPH.initializer) continue;
    for (const part of fieldsIn(source, field)) if (part.number === TENSOR.name) names.add(textOf(source, part));
  }
  return names;
}

/** The version if the entry is of the standard operators, else 0. */
function standardOpset(source: ByteSource, field: Field): number {
  let domain = "";
  let version = 0;
  for (const part of fieldsIn(source, field)) {
    if (part.number === OPSET.domain) domain = textOf(source, part);
    else if (part.number === OPSET.version) version = part.value;
  }
  return domain === "" || domain === "ai.onnx" ? version : 0;
}

function addEntry(source: ByteSource, field: Field, metadata: Map<string, string>): void {
  let key = "";
  let value = "";
  for (const part of fieldsIn(source, field)) {
    if (part.number === ENTRY.key) key = textOf(source, part);
    else if (part.number === ENTRY.value) value = textOf(source, part);
  }
  metadata.set(key, value);
}

function readValueInfo(source: ByteSource, field: Field): ValueInfo {
  let name = "";
  let tensor: Omit<ValueInfo, "name"> = { dtype: "none", dims: [] };
  for (const part of fieldsIn(source, field)) {
    if (part.number === VALUE_INFO.name) name = textOf(source, part);
    else if (part.number === VALUE_INFO.type) tensor = readType(source, part) ?? tensor;
  }
  return { name, ...tensor };
}

function readType(source: ByteSource, type: Field): Omit<ValueInfo, "name"> | undefined {
  for (const kind of fieldsIn(source, type)) {
    if (kind.number !== TYPE.tensorType) continue;
    let dtype = "none";
    let dims: Dim[] = [];
    for (const part of fieldsIn(source, kind)) {
      if (part.number === TENSOR_TYPE.elemType) dtype = DTYPES[part.value] ?? `type ${part.value}`;
      else if (part.number === TENSOR_TYPE.shape) dims = readShape(source, part);
    }
    return { dtype, dims };
  }
  return undefined;
}

function readShape(source: ByteSource, shape: Field): Dim[] {
  const dims: Dim[] = [];
  for (const field of fieldsIn(source, shape)) {
    if (field.number !== SHAPE.dim) continue;
    let dim: Dim = "?";
    for (const part of fieldsIn(source, field)) {
      // Some exporters write -1 or 0 for a free side.
      if (part.number === DIM.value && part.wire === 0 && part.value > 0) dim = part.value;
      else if (part.number === DIM.param) dim = textOf(source, part) || "?";
    }
    dims.push(dim);
  }
  return dims;
}
