import type KoffiModule from "koffi";
import type { LibraryHandle } from "koffi";
import { messageOf, PipelineError, type ErrorCode } from "../core/errors.js";
import type { OpenvinoLibraries } from "./found.js";
import { isKnownVersion, KNOWN_VERSIONS } from "./version.js";

/** Something that OpenVINO has made: its address. */
export type Handle = bigint;

/** ov_element_type_e, as far as we meet it. */
export const ELEMENT_TYPES = { bf16: 2, f16: 3, f32: 4, f64: 5, i32: 9, i64: 10, u8: 16 } as const;

/** `int64_t rank; int64_t *dims`, and where a size may be free each one has a least and a greatest. */
const SHAPE = { rank: "int64_t", dims: "int64_t *" };
const DIMENSION = { min: "int64_t", max: "int64_t" };

/**
 * The functions that answer with a status, by their arguments as in OpenVINO's headers (openvino/c).
 * `made` is the address of what is made. Names of types of our own begin with a capital letter.
 */
const FUNCTIONS = {
  ov_core_create: ["made"],
  ov_core_get_available_devices: ["handle", "DevicesOut"],
  ov_core_get_property: ["handle", "str", "str", "made"],
  ov_core_read_model: ["handle", "str", "str", "made"],
  ov_core_compile_model: ["handle", "handle", "str", "size_t", "made", "..."],
  ov_model_reshape: ["handle", "Names", "PartialShapes", "size_t"],
  ov_compiled_model_get_property: ["handle", "str", "made"],
  ov_compiled_model_create_infer_request: ["handle", "made"],
  ov_port_get_element_type: ["handle", "IntOut"],
  ov_model_const_output_by_name: ["handle", "str", "made"],
  ov_shape_free: ["ShapeInOut"],
  ov_tensor_create_from_host_ptr: ["int", "Shape", "memory", "made"],
  ov_tensor_get_shape: ["handle", "ShapeOut"],
  ov_tensor_get_element_type: ["handle", "IntOut"],
  ov_tensor_data: ["handle", "made"],
  ov_infer_request_set_tensor: ["handle", "str", "handle"],
  ov_infer_request_get_tensor: ["handle", "str", "made"],
  ov_infer_request_infer: ["handle"],
  ov_layout_create: ["str", "made"],
  ov_preprocess_prepostprocessor_create: ["handle", "made"],
  ov_preprocess_prepostprocessor_get_input_info_by_name: ["handle", "str", "made"],
  ov_preprocess_prepostprocessor_get_output_info_by_name: ["handle", "str", "made"],
  ov_preprocess_prepostprocessor_build: ["handle", "made"],
  ov_preprocess_input_info_get_tensor_info: ["handle", "made"],
  ov_preprocess_input_info_get_model_info: ["handle", "made"],
  ov_preprocess_input_info_get_preprocess_steps: ["handle", "made"],
  ov_preprocess_input_tensor_info_set_element_type: ["handle", "int"],
  ov_preprocess_input_tensor_info_set_layout: ["handle", "handle"],
  ov_preprocess_input_model_info_set_layout: ["handle", "handle"],
  ov_preprocess_output_info_get_tensor_info: ["handle", "made"],
  ov_preprocess_output_set_element_type: ["handle", "int"],
  ov_preprocess_preprocess_steps_convert_element_type: ["handle", "int"],
  ov_preprocess_preprocess_steps_scale: ["handle", "float"],
  ov_preprocess_preprocess_steps_scale_multi_channels: ["handle", "Floats", "int32_t"],
  ov_preprocess_preprocess_steps_mean_multi_channels: ["handle", "Floats", "int32_t"],
} as const;

/** The functions that give something back. They have no status. */
const FREES = [
  "ov_core_free", "ov_model_free", "ov_compiled_model_free", "ov_infer_request_free", "ov_tensor_free", "ov_free", "ov_layout_free", "ov_output_const_port_free",
  "ov_preprocess_prepostprocessor_free", "ov_preprocess_input_info_free", "ov_preprocess_input_tensor_info_free", "ov_preprocess_input_model_info_free",
  "ov_preprocess_output_info_free", "ov_preprocess_output_tensor_info_free", "ov_preprocess_preprocess_steps_free",
] as const;

type Called = keyof typeof FUNCTIONS;
/** One of them. */
export type Freed = (typeof FREES)[number];

/** OpenVINO's C API, in the thread that has loaded it. Calls block. */
export interface OpenvinoApi {
  /** `2026.4.1` */
  readonly version: string;
  /** Calls a function. @throws PipelineError with `code` and OpenVINO's own words, when its status is not 0 */
  call(code: ErrorCode, name: Called, ...values: unknown[]): void;
  /** Calls a function whose last argument is where it puts what it made. Variadic ones take the rest after that: `rest`. */
  make(code: ErrorCode, name: Called, values: readonly unknown[], rest?: readonly unknown[]): Handle;
  free(name: Freed, handle: Handle): void;
  /** The sides of a tensor. */
  sidesOf(tensor: Handle): number[];
  /** The text at an address that `ov_core_get_property` and the like have made; it is given back. */
  textOf(text: Handle): string;
  /** So many bytes of OpenVINO's memory, where they lie. Good as long as it keeps them there. */
  memoryAt(address: Handle, bytes: number): ArrayBuffer;
  /** One of ELEMENT_TYPES, or another of OpenVINO's. */
  elementTypeOf(name: "ov_tensor_get_element_type" | "ov_port_get_element_type", handle: Handle): number;
  /** CPU, GPU.0, and so on. */
  availableDevices(core: Handle): string[];
}

/**
 * Loads the libraries into the calling thread. koffi itself is loaded here, so who has no OpenVINO needs neither.
 * @throws PipelineError E_RUNTIME_BROKEN when they or koffi can't be loaded, E_RUNTIME_VERSION
 */
export async function loadOpenvino({ libraryPath, from }: OpenvinoLibraries): Promise<OpenvinoApi> {
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(libraryPath);
    const version = versionOf(koffi, library);
    if (!isKnownVersion(version)) throw new PipelineError("E_RUNTIME_VERSION", `${libraryPath} (${from}) is OpenVINO ${version}; known are ${KNOWN_VERSIONS}`);
    return bind(koffi, library, version);
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    throw new PipelineError("E_RUNTIME_BROKEN", `OpenVINO can't be loaded from ${libraryPath} (${from}): ${messageOf(cause)}`, { cause });
  }
}

type Koffi = typeof KoffiModule;

/** `2026.4.1-22982-e213a147257-releases/2026/4` begins with it. */
function versionOf(koffi: Koffi, library: LibraryHandle): string {
  const Version = koffi.struct({ buildNumber: "const char *", description: "const char *" });
  const told: { buildNumber?: string } = {};
  const status = library.func("ov_get_openvino_version", "int", [koffi.out(koffi.pointer(Version))])(told) as number;
  if (status !== 0 || !told.buildNumber) throw new Error(`ov_get_openvino_version answers ${status}`);
  return /^[\d.]+/.exec(told.buildNumber)?.[0] ?? told.buildNumber;
}

/** The types that koffi is told of once in each thread. */
function typesOf(koffi: Koffi) {
  const Shape = koffi.struct(SHAPE);
  const Dimension = koffi.struct(DIMENSION);
  const Partial = koffi.struct({ rank: Dimension, dims: koffi.pointer(Dimension) });
  const Devices = koffi.struct({ devices: "void *", size: "size_t" });
  return {
    handle: "void *", memory: "void *", made: koffi.out(koffi.pointer("void", 2)), str: "str", int: "int", int32_t: "int32_t", size_t: "size_t", float: "float",
    Shape, ShapeOut: koffi.out(koffi.pointer(Shape)), ShapeInOut: koffi.pointer(Shape), IntOut: koffi.out(koffi.pointer("int")),
    Names: koffi.pointer("str"), PartialShapes: koffi.pointer(Partial), Floats: koffi.pointer("float"), Devices, DevicesOut: koffi.out(koffi.pointer(Devices)),
  };
}

type Native = (...values: unknown[]) => unknown;

function bind(koffi: Koffi, library: LibraryHandle, version: string): OpenvinoApi {
  const types = typesOf(koffi);
  const lastWords = library.func("ov_get_last_err_msg", "str", []) as () => string | null;
  const bound = new Map<string, Native>();
  const declared = (name: Called): Native => {
    const known = bound.get(name);
    if (known !== undefined) return known;
    const args = FUNCTIONS[name].map((type) => (type === "..." ? type : types[type]));
    const native = library.func(name, "int", args as never[]) as Native;
    bound.set(name, native);
    return native;
  };
  const frees = new Map<string, Native>(FREES.map((name) => [name, library.func(name, "void", ["void *"]) as Native]));
  const freeDevices = library.func("ov_available_devices_free", "void", [koffi.pointer(types.Devices)]) as Native;

  const call: OpenvinoApi["call"] = (code, name, ...values) => {
    const status = declared(name)(...values) as number;
    if (status !== 0) throw new PipelineError(code, `OpenVINO's ${name} failed (${status}): ${firstLines(lastWords() ?? "")}`);
  };
  return {
    version,
    call,
    make(code, name, values, rest = []) {
      const made: [Handle | null] = [null];
      call(code, name, ...values, made, ...rest);
      return made[0] ?? 0n;
    },
    free: (name, handle) => void frees.get(name)?.(handle),
    sidesOf(tensor) {
      const told = { rank: 0, dims: 0n };
      call("E_RUNTIME_BROKEN", "ov_tensor_get_shape", tensor, told);
      const sides = told.rank === 0 ? [] : Array.from(koffi.decode(told.dims, "int64_t", told.rank) as BigInt64Array, Number);
      call("E_RUNTIME_BROKEN", "ov_shape_free", told);
      return sides;
    },
    textOf(text) {
      const words = koffi.decode.string(text);
      frees.get("ov_free")?.(text);
      return words;
    },
    memoryAt: (address, bytes) => koffi.view(address, bytes),
    elementTypeOf(name, handle) {
      const told: [number] = [0];
      call("E_RUNTIME_BROKEN", name, handle, told);
      return told[0];
    },
    availableDevices(core) {
      const told = { devices: 0n, size: 0 };
      call("E_RUNTIME_BROKEN", "ov_core_get_available_devices", core, told);
      const names = koffi.decode(told.devices, "str", Number(told.size)) as string[];
      freeDevices(told);
      return names;
    },
  };
}

/** OpenVINO's words name the places in its own source first: those of them that say what was wrong. */
function firstLines(words: string): string {
  const lines = words.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !/^(Exception from|Check '.*' failed at)/.test(line));
  return (lines.length > 0 ? lines.slice(0, 3).join("; ") : words.trim()) || "no words";
}
