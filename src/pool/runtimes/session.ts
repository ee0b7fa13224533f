import type { WantedDevice, WantedPrecision } from "../../core/devices.js";
import type { InputForm, InputRows, InputValues, ModelOutput, SizeInput, SizePx } from "../../model/index.js";
import type { OpenvinoLibraries } from "../../openvino/index.js";
import type { LiveDevice } from "./live.js";

/** One loaded model of a runtime. Not safe for two callers at once: see instance.ts. */
export interface RuntimeSession extends AsyncDisposable {
  /**
   * Runs on the one reused input buffer and gives what `read` makes of the outputs; it must keep none of their memory.
   * Blocks the calling thread for the whole run (the native call is synchronous), from the loop's next turn on.
   * size   of the source picture, for models that ask for it; left out = the input's
   */
  run<T>(read: (outputs: readonly ModelOutput[]) => T, size?: SizePx): Promise<T>;
  /** Fills the input with a frame's planes G, B, R (see the model room's `ModelInput`). Not while `run` is out. */
  fill(planes: Uint8Array, rows: InputRows): void;
  /** The input buffer itself, NCHW, for who makes pixels in another way: with openvino always bytes, with onnxruntime what the model takes. */
  readonly input: InputValues;
  /** What runs it. */
  readonly live: LiveDevice;
}

/** Which runtime is to run it, and how: plain data that crosses threads. What is left out: onnxruntime, cpu, f32. */
export interface RuntimeChoice {
  readonly device?: WantedDevice;
  readonly precision?: WantedPrecision;
  /** Where OpenVINO is, when it is to run the model; null = onnxruntime. */
  readonly openvino?: OpenvinoLibraries | null;
}

/** Which model, and how it is run. */
export interface RuntimeOptions extends InputForm, RuntimeChoice {
  readonly path: string;
  readonly inputName: string;
  readonly sizeInput?: SizeInput | null;
  readonly outputNames: readonly string[];
  /** Threads inside one run. 1 where a pool has one instance a thread: more make the sessions fight for the cores. */
  readonly intraOpThreads: number;
}

/** Runs it for the first time. What fails in that is not kept. */
export async function runOnce(session: RuntimeSession): Promise<RuntimeSession> {
  try {
    await session.run(() => undefined);
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}
