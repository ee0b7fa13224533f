import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Device, WantedDevice } from "../../core/devices.js";
import { messageOf, PipelineError } from "../../core/errors.js";

/** Those of them that onnxruntime may have. */
export type OnnxruntimeDevice = Exclude<Device, "gpu" | "npu">;

/** What has to be known of the runtime's package. */
export interface RuntimePackage {
  /** Backends that this build of onnxruntime knows. Whether the machine has the device, or the libraries are there, nobody has looked. */
  readonly backends: readonly string[];
  /** Where its libraries lie. */
  readonly folder: string;
  /** What fetches those that don't come with it. */
  readonly installScript: string;
  /** `linux x64`. */
  readonly system: string;
}

/** How onnxruntime calls them. */
export const BACKEND: Readonly<Record<OnnxruntimeDevice, string>> = { cpu: "cpu", cuda: "cuda", tensorrt: "tensorrt", coreml: "coreml", directml: "dml", webgpu: "webgpu" };

/**
 * What `auto` tries, one at a time. Only what gives the same numbers and starts at once: TensorRT builds its engine for minutes,
 * CoreML and DirectML may count with half the digits, WebGPU is experimental. Those are taken by name.
 */
const AUTO_ORDER: readonly OnnxruntimeDevice[] = ["cuda", "cpu"];

/** Libraries that are fetched by hand, since the package would be too large with them. */
const LIBRARIES: Partial<Record<OnnxruntimeDevice, readonly string[]>> = {
  cuda: ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"],
  tensorrt: ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_tensorrt.so"],
};

/** What a library that these ask for belongs to. */
const BELONGS_TO: readonly (readonly [RegExp, string])[] = [
  [/cudnn/, "cuDNN 9"],
  [/nvinfer|nvonnxparser/, "TensorRT 10"],
  [/cu(da|blas|fft|rand|sparse|solver)|nvrtc|nvJitLink/i, "CUDA 12"],
];

/** The devices to try, best first. `auto` passes over those that can't be had; what is named is tried whatever is known of it. */
export function devicesToTry(wanted: WantedDevice, runtime: RuntimePackage): readonly OnnxruntimeDevice[] {
  if (wanted === "gpu" || wanted === "npu") throw new PipelineError("E_MODEL_DEVICE", `${wanted} goes with inference.runtime openvino only`);
  if (wanted !== "auto") return [wanted];
  return AUTO_ORDER.filter((device) => whyNotHere(device, runtime) === null);
}

/** Why a device can't be had before anything was tried, and what to do; null when nothing speaks against it. */
export function whyNotHere(device: OnnxruntimeDevice, { backends, folder, installScript, system }: RuntimePackage): string | null {
  if (!backends.includes(BACKEND[device])) return `onnxruntime for ${system} has no ${device}, it has ${backends.map(ourName).join(", ")}`;
  const missing = LIBRARIES[device]?.find((library) => !existsSync(join(folder, library)));
  if (missing === undefined) return null;
  return `${missing} is not in ${folder}; fetch it with: ONNXRUNTIME_NODE_INSTALL=cuda12 node ${installScript}`;
}

function ourName(backend: string): string {
  return backend === BACKEND.directml ? "directml" : backend;
}

/** What onnxruntime's words about a device that did not open mean, and what to do. `missingLibrary` looks for what a library lacks. */
export function explainDevice(device: OnnxruntimeDevice, words: string, { folder }: RuntimePackage, missingLibrary: (path: string) => string | null): string {
  const first = words.split("\n", 1)[0] ?? "";
  if (/Failed to load shared library/i.test(words)) {
    const lacking = LIBRARIES[device]?.map((library) => missingLibrary(join(folder, library))).find((name) => name !== null) ?? null;
    if (lacking === null) return `the libraries of ${device} can't be loaded: ${first}`;
    const owner = BELONGS_TO.find(([pattern]) => pattern.test(lacking))?.[1];
    return `${lacking} is missing${owner === undefined ? "" : `, a part of ${owner}`}; install it, and name its folder in LD_LIBRARY_PATH`;
  }
  if (/no CUDA-capable device|CUDA driver version|CUDA failure (35|100)\b/i.test(words)) return `there is no NVIDIA graphics processor, or its driver is too old for CUDA 12; nvidia-smi shows both (${first})`;
  if (/out of memory|CUDA failure 2\b|failed to allocate/i.test(words)) return `its memory is full; one or two inference.workers are enough there (${first})`;
  if (/WebGPU adapter|No supported adapters/i.test(words)) return "there is no graphics processor with a driver for Vulkan, Metal or Direct3D 12; vulkaninfo shows those for Vulkan";
  return first;
}

/**
 * The library that the one at `path` asks for and that is not found; null when that is not what is wrong. The system's loader
 * says it, the runtime does not. What loads is no module of Node, and an error as well.
 */
export function missingLibrary(path: string): string | null {
  try {
    process.dlopen({ exports: {} }, path);
  } catch (thrown) {
    return /(\S+): cannot open shared object file/.exec(messageOf(thrown))?.[1] ?? null;
  }
  return null;
}
