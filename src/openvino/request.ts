import { PipelineError } from "../core/errors.js";
import { ELEMENT_TYPES, type Handle, type OpenvinoApi } from "./api.js";
import type { Owner } from "./owner.js";
import type { PictureInput } from "./picture-input.js";

/** An input whose values lie in our memory. */
export interface HostInput {
  readonly name: string;
  readonly sides: readonly number[];
  readonly memory: Float32Array | BigInt64Array;
}

/** One output: its numbers where OpenVINO has put them. */
export interface OpenvinoOutput {
  readonly data: Float32Array | BigInt64Array | Int32Array;
  readonly dims: readonly number[];
}

/** What goes into a request and what comes out. */
export interface RequestParts {
  readonly picture: PictureInput;
  readonly others: readonly HostInput[];
  readonly outputNames: readonly string[];
}

/** A request with its inputs' memory bound to ours. Belongs to `owner`. */
export function requestOf(api: OpenvinoApi, compiled: Handle, { picture, others, outputNames }: RequestParts, owner: Owner): { infer(): void; outputs(): OpenvinoOutput[] } {
  const request = owner.own("ov_infer_request_free", api.make("E_RUNTIME_BROKEN", "ov_compiled_model_create_infer_request", [compiled]));
  for (const { name, sides, memory } of [picture, ...others]) {
    owner.keep(memory);
    const shape = { rank: sides.length, dims: BigInt64Array.from(sides, BigInt) };
    const tensor = owner.own("ov_tensor_free", api.make("E_RUNTIME_BROKEN", "ov_tensor_create_from_host_ptr", [elementOf(memory), shape, memory]));
    api.call("E_RUNTIME_BROKEN", "ov_infer_request_set_tensor", request, name, tensor);
  }
  const known = new Map<string, Seen>();
  return {
    infer: () => api.call("E_INFERENCE_FAILED", "ov_infer_request_infer", request),
    outputs: () => outputNames.map((name) => outputOf(api, request, name, known)),
  };
}

function elementOf(memory: Uint8Array | Float32Array | BigInt64Array): number {
  if (memory instanceof Uint8Array) return ELEMENT_TYPES.u8;
  return memory instanceof Float32Array ? ELEMENT_TYPES.f32 : ELEMENT_TYPES.i64;
}

/** An output as it was seen last. */
interface Seen extends OpenvinoOutput {
  readonly address: Handle;
}

const ARRAYS = { [ELEMENT_TYPES.f32]: Float32Array, [ELEMENT_TYPES.i64]: BigInt64Array, [ELEMENT_TYPES.i32]: Int32Array };

/** Where an output's size is fixed its memory stays the same, and so does the array over it. */
function outputOf(api: OpenvinoApi, request: Handle, name: string, known: Map<string, Seen>): OpenvinoOutput {
  const tensor = api.make("E_MODEL_OUTPUT", "ov_infer_request_get_tensor", [request, name]);
  try {
    const dims = api.sidesOf(tensor);
    const count = dims.reduce((all, side) => all * side, 1);
    const address = count === 0 ? 0n : api.make("E_MODEL_OUTPUT", "ov_tensor_data", [tensor]);
    const before = known.get(name);
    if (before !== undefined && before.address === address && before.data.length === count) return { data: before.data, dims };
    const type = api.elementTypeOf("ov_tensor_get_element_type", tensor);
    const Numbers = ARRAYS[type as keyof typeof ARRAYS];
    if (Numbers === undefined) throw new PipelineError("E_MODEL_OUTPUT", `output "${name}" is of OpenVINO's type ${type}, expected float32, float16 or whole numbers`);
    const data = count === 0 ? new Numbers(0) : new Numbers(api.memoryAt(address, count * Numbers.BYTES_PER_ELEMENT));
    known.set(name, { address, data, dims });
    return { data, dims };
  } finally {
    api.free("ov_tensor_free", tensor);
  }
}
