import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, MessageChannel, type MessagePort } from "node:worker_threads";
import type * as Ort from "onnxruntime-node";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-node";
import { asPipelineError, messageOf, PipelineError } from "../../core/errors.js";
import { makeInput, floatsOfHalves, type InputValues, type ModelOutput } from "../../model/index.js";
import { BACKEND, devicesToTry, explainDevice, missingLibrary, whyNotHere, type OnnxruntimeDevice, type RuntimePackage } from "./devices.js";
import type { LiveDevice } from "./live.js";
import { runOnce, type RuntimeOptions, type RuntimeSession } from "./session.js";

/** Severity 3 = errors only; below that the runtime writes coloured lines straight to the terminal. */
const LOG_ERRORS_ONLY = 3;

const NO_TELEMETRY = "ORT_DISABLE_TELEMETRY";

/**
 * Switches onnxruntime's telemetry off. The native library reads the real environment when it is loaded, and a worker's
 * `process.env` is only a copy: so it is the main thread that has to do it, before any worker starts. Importing this does.
 * @throws PipelineError E_TELEMETRY in a thread that was started without
 */
export function forbidTelemetry(): void {
  if (isMainThread) process.env[NO_TELEMETRY] = "1";
  else if (process.env[NO_TELEMETRY] !== "1") throw new PipelineError("E_TELEMETRY", `this thread was started without ${NO_TELEMETRY}=1 in its environment`);
}

if (isMainThread) forbidTelemetry();

/** Version and providers of the runtime, for the doctor. */
export async function describeRuntime(): Promise<{ version: string; providers: string[] }> {
  forbidTelemetry();
  const ort = await import("onnxruntime-node");
  const runtime = runtimePackage(ort);
  const providers = (Object.keys(BACKEND) as OnnxruntimeDevice[]).filter((device) => whyNotHere(device, runtime) === null);
  return { version: ort.env.versions.node ?? ort.env.versions.common, providers };
}

type Runtime = typeof Ort;

function runtimePackage(ort: Runtime): RuntimePackage {
  const root = fileURLToPath(new URL("..", import.meta.resolve("onnxruntime-node")));
  const { platform, arch } = process;
  const build = readdirSync(join(root, "bin")).find((name) => name.startsWith("napi-")) ?? "";
  return {
    backends: ort.listSupportedBackends().map(({ name }) => name),
    folder: join(root, "bin", build, platform, arch),
    installScript: join(root, "script", "install.js"),
    system: `${platform} ${arch}`,
  };
}

/**
 * Loads a model in the calling thread, on the device that is wanted, or the best one that works. Blocks it while loading.
 * @throws PipelineError E_MODEL_INVALID when the runtime refuses the file, E_MODEL_DEVICE when it can't use the device,
 *         E_MODEL_INPUTS for half precision where it can't be given, E_TELEMETRY
 */
export async function openOnnxruntimeSession(options: RuntimeOptions): Promise<RuntimeSession> {
  forbidTelemetry();
  const ort = await import("onnxruntime-node");
  const runtime = runtimePackage(ort);
  const left: string[] = [];
  const precision = options.inputType === "float16" ? "f16" : "f32";
  for (const device of devicesToTry(options.device ?? "cpu", runtime)) {
    try {
      return await openOn(ort, options, { runtime: "onnxruntime", device, precision, left }, runtime);
    } catch (thrown) {
      const error = asPipelineError(thrown, "E_MODEL_DEVICE");
      if (options.device !== "auto" || error.code !== "E_MODEL_DEVICE") throw error;
      left.push(error.message);
    }
  }
  throw new PipelineError("E_MODEL_DEVICE", `nothing here runs a model: ${left.join("; ")}`);
}

async function openOn(ort: Runtime, options: RuntimeOptions, live: LiveDevice & { readonly device: OnnxruntimeDevice }, runtime: RuntimePackage): Promise<RuntimeSession> {
  const { device } = live;
  if (device === "cpu") return sessionOf(ort, await createSession(ort, options, device), options, live);
  const absent = whyNotHere(device, runtime);
  if (absent !== null) throw new PipelineError("E_MODEL_DEVICE", `${device} is not available: ${absent}`);
  try {
    // Some libraries of a device are asked for only by the first run.
    return await runOnce(sessionOf(ort, await createSession(ort, options, device), options, live));
  } catch (cause) {
    if (cause instanceof PipelineError && cause.code !== "E_MODEL_INVALID") throw cause;
    // A file that no device can load is no fault of this one.
    await (await createSession(ort, options, "cpu")).release();
    throw new PipelineError("E_MODEL_DEVICE", `${device} is not available: ${explainDevice(device, asRuntimeWords(cause), runtime, missingLibrary)}`, { cause });
  }
}

function sessionOf(ort: Runtime, session: InferenceSession, options: RuntimeOptions, live: LiveDevice): RuntimeSession {
  const dims = [1, 3, options.inputHeightPx, options.inputWidthPx];
  const { values: input, fill } = makeInput(options);
  const outputNames = [...options.outputNames];
  const scratch = new Map<string, Float32Array>();
  const { sizeInput = null } = options;
  const sizes = sizeInput?.type === "int64" ? new BigInt64Array(2) : new Float32Array(2);
  const feeds = {
    [options.inputName]: pictureTensor(ort.Tensor, input, dims),
    ...(sizeInput && { [sizeInput.name]: sizes instanceof BigInt64Array ? new ort.Tensor("int64", sizes, [1, 2]) : new ort.Tensor("float32", sizes, [1, 2]) }),
  };
  return {
    input,
    fill,
    live,
    async run(read, { widthPx, heightPx } = { widthPx: options.inputWidthPx, heightPx: options.inputHeightPx }) {
      if (sizes instanceof BigInt64Array) [sizes[0], sizes[1]] = [BigInt(widthPx), BigInt(heightPx)];
      else [sizes[0], sizes[1]] = [widthPx, heightPx];
      const outputs = await session.run(feeds, outputNames);
      try {
        return read(outputNames.map((name) => outputOf(name, outputs[name], scratch)));
      } finally {
        for (const name of outputNames) freeNow(outputs[name]);
      }
    },
    async [Symbol.asyncDispose]() {
      await session.release();
    },
  };
}

/**
 * The way to nowhere: what is transferred to a port whose other end is closed is freed at once. (`ArrayBuffer.transfer`
 * does the same from Node 22 on.)
 */
const nowhere = ((): MessagePort => {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
})();

/**
 * Frees an output's memory. The runtime makes a new buffer for each run, a megabyte or more; left to the garbage collector
 * some thirty of them lie around in each thread, and each run touches memory that has left the cache.
 */
function freeNow(tensor: Tensor | undefined): void {
  const { data } = tensor ?? {};
  if (ArrayBuffer.isView(data) && data.buffer instanceof ArrayBuffer) nowhere.postMessage(null, [data.buffer]);
}

async function createSession({ InferenceSession: runtime }: Runtime, { path, intraOpThreads }: RuntimeOptions, device: OnnxruntimeDevice): Promise<InferenceSession> {
  try {
    return await runtime.create(path, {
      executionProviders: [BACKEND[device]],
      // DirectML takes no model with it.
      enableMemPattern: device !== "directml",
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: LOG_ERRORS_ONLY,
    });
  } catch (cause) {
    throw new PipelineError("E_MODEL_INVALID", `onnxruntime can't load ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** What the runtime itself has said. */
function asRuntimeWords(thrown: unknown): string {
  return messageOf(thrown instanceof PipelineError && thrown.cause !== undefined ? thrown.cause : thrown);
}

/**
 * From Node 24 on half precision has an array of its own, which the runtime's binding takes for an empty one.
 * @throws PipelineError E_MODEL_INPUTS
 */
function pictureTensor(Make: TensorConstructor, input: InputValues, dims: readonly number[]): Tensor {
  if (input instanceof Float32Array) return new Make("float32", input, dims);
  if (input instanceof Uint8Array) return new Make("uint8", input, dims);
  if ("Float16Array" in globalThis) {
    throw new PipelineError("E_MODEL_INPUTS", `the model takes float16, which onnxruntime's binding can't be given in Node ${process.versions.node} (it has Float16Array, and the binding reads it as empty): use Node 20 or 22, or export without half=True`);
  }
  return new Make("float16", input, dims);
}

/** Halves become floats, in memory that is kept by the output's name; all else goes on as it is. */
function outputOf(name: string, tensor: Tensor | undefined, scratch: Map<string, Float32Array>): ModelOutput {
  const { data, dims = [] } = tensor ?? {};
  if (data instanceof Float32Array || data instanceof BigInt64Array || data instanceof Int32Array) return { data, dims };
  if (tensor?.type === "float16" && data instanceof Uint16Array) {
    const floats = scratch.get(name);
    const room = floats !== undefined && floats.length >= data.length ? floats : new Float32Array(data.length);
    scratch.set(name, room);
    floatsOfHalves(data, room);
    return { data: room.length === data.length ? room : room.subarray(0, data.length), dims };
  }
  if (tensor?.type === "float16") return { data: Float32Array.from(data as unknown as ArrayLike<number>), dims };
  throw new PipelineError("E_MODEL_OUTPUT", `output "${name}" is ${tensor?.type ?? "missing"}, expected float32, float16 or whole numbers`);
}
