import { ELEMENT_TYPES, type Handle, type OpenvinoApi } from "./api.js";
import { ownerOf, type Owner } from "./owner.js";

/** The input that takes the picture, as bytes in our memory; what the model wants of them is done in its graph. */
export interface PictureInput {
  readonly name: string;
  /** 1 x 3 x height x width */
  readonly sides: readonly number[];
  /** Bytes of the planes, in the model's order. */
  readonly memory: Uint8Array;
  /** What the model itself takes. */
  readonly modelType: "f32" | "f16" | "u8";
  /** What a byte is divided by: 255 or 1. */
  readonly divisor: number;
  /** What is then taken away from and divided out of each plane. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
}

/**
 * The model with the conversion of bytes before its graph, and a conversion to f32 after some of its outputs. A new one, to
 * be given back.
 * @throws PipelineError E_MODEL_RUNTIME
 */
export function withPicture(api: OpenvinoApi, model: Handle, picture: PictureInput, asFloats: readonly string[]): Handle {
  using owner = ownerOf(api);
  const before = owner.own("ov_preprocess_prepostprocessor_free", api.make("E_MODEL_RUNTIME", "ov_preprocess_prepostprocessor_create", [model]));
  if (picture.modelType !== "u8") convertInput(api, before, picture, owner);
  for (const name of asFloats) {
    const output = owner.own("ov_preprocess_output_info_free", api.make("E_MODEL_RUNTIME", "ov_preprocess_prepostprocessor_get_output_info_by_name", [before, name]));
    const tensor = owner.own("ov_preprocess_output_tensor_info_free", api.make("E_MODEL_RUNTIME", "ov_preprocess_output_info_get_tensor_info", [output]));
    api.call("E_MODEL_RUNTIME", "ov_preprocess_output_set_element_type", tensor, ELEMENT_TYPES.f32);
  }
  return api.make("E_MODEL_RUNTIME", "ov_preprocess_prepostprocessor_build", [before]);
}

/** Bytes to floats, then scale, mean and deviation, in the order in which the model's makers do them. */
function convertInput(api: OpenvinoApi, before: Handle, { name, modelType, divisor, normalisation }: PictureInput, owner: Owner): void {
  const code = "E_MODEL_RUNTIME";
  const input = owner.own("ov_preprocess_input_info_free", api.make(code, "ov_preprocess_prepostprocessor_get_input_info_by_name", [before, name]));
  const tensor = owner.own("ov_preprocess_input_tensor_info_free", api.make(code, "ov_preprocess_input_info_get_tensor_info", [input]));
  const wanted = owner.own("ov_preprocess_input_model_info_free", api.make(code, "ov_preprocess_input_info_get_model_info", [input]));
  const steps = owner.own("ov_preprocess_preprocess_steps_free", api.make(code, "ov_preprocess_input_info_get_preprocess_steps", [input]));
  // The planes are told apart by it.
  const layout = owner.own("ov_layout_free", api.make(code, "ov_layout_create", ["NCHW"]));
  api.call(code, "ov_preprocess_input_tensor_info_set_element_type", tensor, ELEMENT_TYPES.u8);
  api.call(code, "ov_preprocess_input_tensor_info_set_layout", tensor, layout);
  api.call(code, "ov_preprocess_input_model_info_set_layout", wanted, layout);
  api.call(code, "ov_preprocess_preprocess_steps_convert_element_type", steps, ELEMENT_TYPES.f32);
  if (divisor !== 1) api.call(code, "ov_preprocess_preprocess_steps_scale", steps, divisor);
  if (normalisation !== null) {
    const { mean, std } = normalisation;
    api.call(code, "ov_preprocess_preprocess_steps_mean_multi_channels", steps, Float32Array.from(mean), mean.length);
    api.call(code, "ov_preprocess_preprocess_steps_scale_multi_channels", steps, Float32Array.from(std), std.length);
  }
  if (modelType === "f16") api.call(code, "ov_preprocess_preprocess_steps_convert_element_type", steps, ELEMENT_TYPES.f16);
}
