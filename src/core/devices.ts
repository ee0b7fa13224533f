/** What runs a model: the library. */
export type Runtime = "onnxruntime" | "openvino";
/** All of them. */
export const RUNTIMES = ["onnxruntime", "openvino"] as const satisfies readonly Runtime[];

/** What a model runs on. gpu and npu are Intel's, with openvino; cpu goes with both runtimes, the others with onnxruntime. */
export type Device = "cpu" | "cuda" | "tensorrt" | "coreml" | "directml" | "webgpu" | "gpu" | "npu";
/** What a model can be asked to run on. auto = the first of a few that works. */
export type WantedDevice = "auto" | Device;
/** All of them. */
export const DEVICES = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu", "gpu", "npu"] as const satisfies readonly WantedDevice[];

/** In what numbers a model is counted. */
export type Precision = "f32" | "bf16" | "f16";
/** What can be asked for. auto = the cheapest one that the processor has by nature. */
export type WantedPrecision = "auto" | Precision;
/** All of them. */
export const PRECISIONS = ["f32", "bf16", "f16", "auto"] as const satisfies readonly WantedPrecision[];

/** How a model is to be run, as a person says it. */
export interface RuntimeWish {
  /** Default: onnxruntime. */
  readonly runtime?: Runtime;
  /** Default: cpu. */
  readonly device?: WantedDevice;
  /** Other than f32 only with openvino. Default: f32. */
  readonly precision?: WantedPrecision;
  /** OpenVINO's libraries or the folder that they are in; left out or null = they are looked for. */
  readonly openvinoPath?: string | null;
}
