import { fieldsOf, type ByteSource, type ModelInfo } from "../model/index.js";
import { DATA_TYPES, prependTo, type WrittenField } from "../numbered/index.js";

/** Name of the input that takes bytes. */
const BYTES = "sightline_bytes";

/** The model's file with an input of bytes: a Cast, and a Div where pixels are to be shares of one, come before its graph. */
export function withByteInput(onnx: Uint8Array, { inputName, inputWidthPx, inputHeightPx, scale }: ModelInfo): { readonly bytes: Uint8Array; readonly inputName: string } {
  const cast = { op: "Cast", inputs: [BYTES], int: { to: DATA_TYPES.float32 } };
  const divisor = { name: "sightline_divisor", dims: [1], values: Float32Array.of(Math.round(1 / scale)) };
  const nodes = scale === 1 ? [{ ...cast, outputs: [inputName] }] : [
    { ...cast, outputs: ["sightline_floats"] },
    { op: "Div", inputs: ["sightline_floats", divisor.name], outputs: [inputName] },
  ];
  const input = { name: BYTES, dtype: "uint8", dims: [1, 3, inputHeightPx, inputWidthPx] } as const;
  return { bytes: prependTo(onnx, { nodes, constants: scale === 1 ? [] : [divisor], replaced: inputName, input }, writtenFields), inputName: BYTES };
}

function* writtenFields(bytes: Uint8Array): Generator<WrittenField, void, void> {
  const source: ByteSource = { sizeBytes: bytes.length, readAt: (offset, length) => bytes.subarray(offset, offset + length) };
  let begin = 0;
  for (const { number, start, end } of fieldsOf(source, 0, bytes.length)) {
    yield { number, whole: bytes.subarray(begin, end), payload: bytes.subarray(start, end) };
    begin = end;
  }
}
