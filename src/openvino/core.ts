import { messageOf, PipelineError, type ErrorCode } from "../core/errors.js";
import { ELEMENT_TYPES, loadOpenvino, type Handle, type OpenvinoApi } from "./api.js";
import type { OpenvinoLibraries } from "./found.js";
import { ownerOf, type Owner } from "./owner.js";
import { withPicture, type PictureInput } from "./picture-input.js";
import { requestOf, type HostInput, type OpenvinoOutput } from "./request.js";

/** A model, and how it is to be run. */
export interface CompileOptions {
  readonly path: string;
  /** CPU, GPU, NPU, AUTO, or one of several: GPU.1. */
  readonly device: string;
  /** Threads of one run; of no matter but on the CPU. */
  readonly threads: number;
  /** What is asked for: whether it is so, `CompiledModel.precision` says. */
  readonly precision: "f32" | "bf16" | "f16";
  readonly picture: PictureInput;
  /** Further inputs. */
  readonly others: readonly HostInput[];
  readonly outputNames: readonly string[];
}

/** A model that can be run, by one caller at a time in the thread that made it. */
export interface CompiledModel extends Disposable {
  /** What OpenVINO says that it counts in, whatever it was asked for: f32, bf16, f16. */
  readonly precision: string;
  /** Where it runs: CPU, GPU.0. */
  readonly devices: readonly string[];
  /**
   * Runs on what is in the inputs' memory. Blocks the thread.
   * @throws PipelineError E_INFERENCE_FAILED
   */
  infer(): void;
  /** What has come out, in the order of `outputNames`: OpenVINO's own memory, good until the next run. */
  outputs(): OpenvinoOutput[];
}

/** OpenVINO in the thread that opened it. What was compiled is disposed before. */
export interface OpenvinoCore extends Disposable {
  readonly version: string;
  /** CPU, GPU.0, GPU.1, NPU: those that are here. */
  devices(): string[];
  /** What a device can count in natively or nearly so, by OpenVINO's names: FP32, BF16, FP16, INT8. */
  capabilities(device: string): string[];
  /** As its maker calls it. */
  nameOf(device: string): string;
  /**
   * Blocks the thread for as long as it takes.
   * @throws PipelineError E_MODEL_INVALID when it can't read the file, E_MODEL_RUNTIME when it can't run the model
   */
  compile(options: CompileOptions): CompiledModel;
}

/**
 * Makes a core: one for each thread.
 * @throws PipelineError E_RUNTIME_BROKEN, E_RUNTIME_VERSION
 */
export async function openCore(libraries: OpenvinoLibraries): Promise<OpenvinoCore> {
  const api = await loadOpenvino(libraries);
  const owner = ownerOf(api);
  const core = owner.own("ov_core_free", api.make("E_RUNTIME_BROKEN", "ov_core_create", []));
  const property = (device: string, key: string): string => api.textOf(api.make("E_RUNTIME_BROKEN", "ov_core_get_property", [core, device, key]));
  return {
    version: api.version,
    devices: () => api.availableDevices(core),
    capabilities: (device) => property(device, "OPTIMIZATION_CAPABILITIES").split(/[\s,]+/),
    nameOf: (device) => property(device, "FULL_DEVICE_NAME"),
    compile: (options) => compile(api, core, options),
    [Symbol.dispose]: () => owner[Symbol.dispose](),
  };
}

/** What OpenVINO says of itself once it is loaded. */
export interface OpenvinoDescription {
  readonly version: string;
  readonly devices: readonly {
    /** CPU, GPU.0, NPU */
    readonly device: string;
    /** As its maker calls it. */
    readonly name: string;
    /** What it can count in: FP32, BF16, FP16, INT8. */
    readonly precisions: readonly string[];
  }[];
}

/**
 * Loads OpenVINO and asks it what is here. Blocks the thread for a moment.
 * @throws PipelineError E_RUNTIME_BROKEN, E_RUNTIME_VERSION
 */
export async function describeOpenvino(libraries: OpenvinoLibraries): Promise<OpenvinoDescription> {
  using core = await openCore(libraries);
  const devices = core.devices().map((device) => ({ device, name: core.nameOf(device), precisions: core.capabilities(device).filter((one) => /^(FP|BF|INT)\d/.test(one)) }));
  return { version: core.version, devices };
}

function compile(api: OpenvinoApi, core: Handle, options: CompileOptions): CompiledModel {
  const owner = ownerOf(api);
  try {
    const compiled = owner.own("ov_compiled_model_free", compileIn(api, core, options));
    const property = (key: string): string => api.textOf(api.make("E_RUNTIME_BROKEN", "ov_compiled_model_get_property", [compiled, key]));
    const [precision, devices] = [property("INFERENCE_PRECISION_HINT"), property("EXECUTION_DEVICES")];
    const request = requestOf(api, compiled, { picture: options.picture, others: options.others, outputNames: options.outputNames }, owner);
    return { precision, devices: devices.split(/[\s,]+/).map((device) => device.replace(/[()]/g, "")), ...request, [Symbol.dispose]: () => owner[Symbol.dispose]() };
  } catch (error) {
    owner[Symbol.dispose]();
    throw error;
  }
}

/** Reads the file, puts the picture's conversion before the graph, and compiles it all. What is in between is given back. */
function compileIn(api: OpenvinoApi, core: Handle, options: CompileOptions): Handle {
  using owner = ownerOf(api);
  const { path, device } = options;
  const read = owner.own("ov_model_free", readModel(api, core, path));
  return named("E_MODEL_RUNTIME", `openvino can't run ${path} on ${device}`, () => {
    fixSides(api, read, options);
    const model = owner.own("ov_model_free", withPicture(api, read, options.picture, floatsWanted(api, read, options.outputNames, owner)));
    const properties = Object.entries(propertiesOf(options)).flat();
    return api.make("E_MODEL_RUNTIME", "ov_core_compile_model", [core, model, device, properties.length], properties.flatMap((text) => ["str", text]));
  });
}

/** A sound file may hold what OpenVINO has no counterpart of: its status is the same, its words say it. */
const NOT_CONVERTED = /OpConversionFailure|NotImplementedFailure/;

function readModel(api: OpenvinoApi, core: Handle, path: string): Handle {
  try {
    return api.make("E_MODEL_INVALID", "ov_core_read_model", [core, path, null]);
  } catch (cause) {
    const words = messageOf(cause);
    if (NOT_CONVERTED.test(words)) throw new PipelineError("E_MODEL_RUNTIME", `openvino can't run ${path}: ${words}`, { cause });
    throw new PipelineError("E_MODEL_INVALID", `openvino can't load ${path}: ${words}`, { cause });
  }
}

/** What OpenVINO is asked for. Nothing is cached on disk: `CACHE_DIR` is not set. */
function propertiesOf({ device, threads, precision }: CompileOptions): Record<string, string> {
  const common = { PERFORMANCE_HINT: "LATENCY", INFERENCE_PRECISION_HINT: precision };
  if (device !== "CPU") return common;
  // One run at a time in this thread. Pinned, the threads of several cores would all be put on the same processor.
  return { ...common, NUM_STREAMS: "1", INFERENCE_NUM_THREADS: String(threads), ENABLE_CPU_PINNING: "NO" };
}

/** Sides that the file leaves open get their size: what is fixed can be planned once. */
function fixSides(api: OpenvinoApi, model: Handle, { picture, others }: CompileOptions): void {
  const inputs = [picture, ...others];
  const shapes = inputs.map(({ sides }) => ({ rank: { min: sides.length, max: sides.length }, dims: sides.map((side) => ({ min: side, max: side })) }));
  api.call("E_MODEL_RUNTIME", "ov_model_reshape", model, inputs.map(({ name }) => name), shapes, inputs.length);
}

/** Outputs of other floats than f32: they are to come out as f32. */
function floatsWanted(api: OpenvinoApi, model: Handle, names: readonly string[], owner: Owner): string[] {
  const others: readonly number[] = [ELEMENT_TYPES.f16, ELEMENT_TYPES.bf16, ELEMENT_TYPES.f64];
  return names.filter((name) => {
    const port = owner.own("ov_output_const_port_free", api.make("E_MODEL_OUTPUT", "ov_model_const_output_by_name", [model, name]));
    return others.includes(api.elementTypeOf("ov_port_get_element_type", port));
  });
}

/** Puts what was tried before the words of an error with this code. */
function named<T>(code: ErrorCode, what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof PipelineError) || cause.code !== code) throw cause;
    throw new PipelineError(code, `${what}: ${cause.message}`, { cause });
  }
}
