import { openOnnxruntimeSession } from "./onnxruntime.js";
import type { RuntimeOptions, RuntimeSession } from "./session.js";

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
