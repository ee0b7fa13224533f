import type { RuntimeWish, WantedDevice } from "../../core/devices.js";
import { PipelineError } from "../../core/errors.js";
import { findOpenvino } from "../../openvino/index.js";
import { openOnnxruntimeSession } from "./onnxruntime.js";
import type { RuntimeChoice, RuntimeOptions, RuntimeSession } from "./session.js";

/** What openvino can be asked for. */
const OF_OPENVINO: readonly WantedDevice[] = ["auto", "cpu", "gpu", "npu"];
/** What only openvino can be asked for. */
const ONLY_OPENVINO: readonly WantedDevice[] = ["gpu", "npu"];

/**
 * Makes a choice of what a person has said: where it is OpenVINO, its libraries are found. For the main thread; the choice
 * goes to the threads and processes that run the model.
 * @throws PipelineError E_MODEL_DEVICE, E_MODEL_PRECISION for what does not go together, E_RUNTIME_MISSING, E_RUNTIME_VERSION
 */
export function chooseRuntime({ runtime = "onnxruntime", device = "cpu", precision = "f32", openvinoPath = null }: RuntimeWish): Required<RuntimeChoice> {
  if (runtime === "openvino") {
    if (!OF_OPENVINO.includes(device)) throw new PipelineError("E_MODEL_DEVICE", `openvino has no ${device}: it has cpu, gpu and npu (Intel's), and auto`);
    return { device, precision, openvino: findOpenvino({ path: openvinoPath }) };
  }
  if (ONLY_OPENVINO.includes(device)) throw new PipelineError("E_MODEL_DEVICE", `${device} goes with inference.runtime openvino only`);
  if (precision === "bf16" || precision === "f16") {
    throw new PipelineError("E_MODEL_PRECISION", `onnxruntime counts a model as it was exported, so inference.precision ${precision} goes with inference.runtime openvino only`);
  }
  return { device, precision, openvino: null };
}

/**
 * Loads a model in the calling thread, in the runtime that was chosen. Blocks it while loading.
 * @throws PipelineError E_MODEL_INVALID when the runtime refuses the file, E_MODEL_DEVICE when it can't use the device,
 *         E_MODEL_INPUTS for half precision where it can't be given, E_TELEMETRY; with openvino also E_MODEL_RUNTIME,
 *         E_MODEL_PRECISION, E_RUNTIME_BROKEN, E_RUNTIME_VERSION
 */
export async function openRuntimeSession({ openvino = null, ...options }: RuntimeOptions): Promise<RuntimeSession> {
  if (openvino === null) return openOnnxruntimeSession(options);
  // Who does not ask for it loads nothing of it.
  const { openOpenvinoSession } = await import("./openvino.js");
  return openOpenvinoSession(options, openvino);
}
