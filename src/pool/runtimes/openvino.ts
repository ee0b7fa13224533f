import type { Device, Precision, WantedPrecision } from "../../core/devices.js";
import { PipelineError } from "../../core/errors.js";
import { countsNatively } from "../../machine/index.js";
import { makeInput } from "../../model/index.js";
import { openCore, type CompiledModel, type OpenvinoCore, type OpenvinoLibraries } from "../../openvino/index.js";
import type { LiveDevice } from "./live.js";
import type { RuntimeOptions, RuntimeSession } from "./session.js";

/*
 * The input is a buffer of bytes that OpenVINO knows as its tensor: a frame's rows are put there in the model's order of
 * planes, and conversion, scale, mean and deviation are in the graph. Weighed against tensors over the slot itself, whose
 * rows are fewer than the input's, in the decoder's order. Median of what a run takes more than one on floats that are
 * there, ms; 2 cores with AVX2 that had other work too, interleaved (60 to 150 runs of each):
 *
 *                                                         YOLOX-nano 416    YOLO11n 640
 *   bytes put into a buffer, converted in the graph            .29             -.17
 *   the slot as tensor, order and border in the graph          .28             -.33    a compiled model for each shape of the rows
 *   the slot as tensor of a small graph of its own             .38             1.24    which writes the floats of the model's input
 *   (putting the bytes there, of the first line)               .08              .16
 *
 * What is spared by not copying is lost in the noise, and the second has each stream of another shape wait for a compiler
 * (.3 to .7 s) and hold its weights once more, in every thread.
 */

/** OpenVINO's word for a device. */
const DEVICE_NAMES: Partial<Record<Device, string>> = { cpu: "CPU", gpu: "GPU", npu: "NPU" };
/** And for a precision, where it says what a device can do. */
const CAPABILITIES: Readonly<Record<Precision, string>> = { f32: "FP32", bf16: "BF16", f16: "FP16" };
/** What `auto` tries before f32. */
const CHEAPER = ["bf16", "f16"] as const;

/**
 * Loads a model with OpenVINO in the calling thread, which has a core of its own then. Blocks it while loading.
 * @throws PipelineError E_RUNTIME_BROKEN, E_RUNTIME_VERSION, E_MODEL_INVALID, E_MODEL_RUNTIME, E_MODEL_DEVICE, E_MODEL_PRECISION
 */
export async function openOpenvinoSession(options: RuntimeOptions, libraries: OpenvinoLibraries): Promise<RuntimeSession> {
  const core = await openCore(libraries);
  try {
    const device = deviceIn(core, options.device ?? "cpu");
    const asked = options.precision ?? "f32";
    const precision = asked === "auto" ? cheapestOf(core, device) : asked;
    return sessionOf(core, options, device, precision, asked);
  } catch (error) {
    core[Symbol.dispose]();
    throw error;
  }
}

function sessionOf(core: OpenvinoCore, options: RuntimeOptions, device: string, precision: Precision, asked: WantedPrecision): RuntimeSession {
  const { values: input, fill } = makeInput({ ...options, inputType: "uint8" }) as { values: Uint8Array } & ReturnType<typeof makeInput>;
  const { sizeInput = null, inputWidthPx, inputHeightPx } = options;
  const sizes = sizesOf(sizeInput);
  const compiled = core.compile({
    path: options.path, device, precision, threads: options.intraOpThreads, outputNames: options.outputNames,
    picture: {
      name: options.inputName, sides: [1, 3, inputHeightPx, inputWidthPx], memory: input, normalisation: options.normalisation ?? null,
      modelType: ({ float32: "f32", float16: "f16", uint8: "u8" } as const)[options.inputType ?? "float32"], divisor: Math.round(1 / options.scale),
    },
    others: sizeInput === null ? [] : [{ name: sizeInput.name, sides: [1, 2], memory: sizes }],
  });
  const dispose = (): void => {
    compiled[Symbol.dispose]();
    core[Symbol.dispose]();
  };
  let isOpen = true;
  try {
    requirePrecision(core, device, asked, compiled.precision);
    return {
      input,
      fill,
      live: { runtime: "openvino", device: liveDevice(compiled), precision: compiled.precision as Precision, left: [] } satisfies LiveDevice,
      async run(read, { widthPx, heightPx } = { widthPx: inputWidthPx, heightPx: inputHeightPx }) {
        // As with onnxruntime the thread's loop has a turn before each run.
        await new Promise(setImmediate);
        if (!isOpen) throw new PipelineError("E_INFERENCE_FAILED", "the session was disposed before its run");
        if (sizes instanceof BigInt64Array) [sizes[0], sizes[1]] = [BigInt(widthPx), BigInt(heightPx)];
        else [sizes[0], sizes[1]] = [widthPx, heightPx];
        compiled.infer();
        return read(compiled.outputs());
      },
      [Symbol.asyncDispose]() {
        if (isOpen) dispose();
        isOpen = false;
        return Promise.resolve();
      },
    };
  } catch (error) {
    compiled[Symbol.dispose]();
    throw error;
  }
}

/** Two numbers that OpenVINO reads where they are: an array so small lies in the heap, where it moves, unless it is a view. */
function sizesOf(sizeInput: RuntimeOptions["sizeInput"]): Float32Array | BigInt64Array {
  return sizeInput?.type === "int64" ? new BigInt64Array(new ArrayBuffer(16)) : new Float32Array(new ArrayBuffer(8));
}

/** @throws PipelineError E_MODEL_DEVICE with those that are here */
function deviceIn(core: OpenvinoCore, wanted: NonNullable<RuntimeOptions["device"]>): string {
  const here = core.devices();
  // With nothing but the processor there is nothing to choose from, and its threads can be told.
  if (wanted === "auto") return here.length === 1 ? here[0]! : "AUTO";
  const name = DEVICE_NAMES[wanted] ?? wanted.toUpperCase();
  if (here.some((one) => one === name || one.startsWith(`${name}.`))) return name;
  throw new PipelineError("E_MODEL_DEVICE", `openvino finds no ${wanted} here, only ${here.join(", ") || "nothing"}${wanted === "cpu" ? "" : "; one of Intel's and its driver are needed"}`);
}

/** The device by our word. */
function liveDevice({ devices }: CompiledModel): Device {
  const [first = ""] = devices;
  return (Object.keys(DEVICE_NAMES) as Device[]).find((device) => first.split(".")[0] === DEVICE_NAMES[device]) ?? "cpu";
}

/** What the device has by nature, by what OpenVINO says, and of a processor also by its own flags: OpenVINO emulates bf16 where there is AVX-512 alone. */
function cheapestOf(core: OpenvinoCore, device: string): Precision {
  if (device === "AUTO") return "f32";
  const can = core.capabilities(device);
  const isCpu = device === "CPU";
  return CHEAPER.find((one) => can.includes(CAPABILITIES[one]) && (!isCpu || countsNatively(one))) ?? "f32";
}

/** OpenVINO takes another precision without a word: what is live is what it says afterwards. @throws PipelineError E_MODEL_PRECISION */
function requirePrecision(core: OpenvinoCore, device: string, asked: WantedPrecision, live: string): void {
  if (asked === "auto" || asked === live) return;
  const [name, has] = device === "AUTO" ? ["", []] : [core.nameOf(device), core.capabilities(device).filter((one) => Object.values(CAPABILITIES).includes(one))];
  throw new PipelineError("E_MODEL_PRECISION", `${device}${name === "" ? "" : ` (${name})`} has no ${asked}: OpenVINO would count in ${live}${has.length === 0 ? "" : `; it has ${has.join(", ")}`}`);
}
