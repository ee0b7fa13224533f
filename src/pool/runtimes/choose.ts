import type { RuntimeWish, WantedDevice } from "../../core/devices.js";
import { PipelineError } from "../../core/errors.js";
import { findOpenvino } from "../../openvino/index.js";
import type { RuntimeChoice } from "./session.js";

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
