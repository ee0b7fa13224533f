import { asPipelineError, PipelineError } from "../core/errors.js";
import type { DetectionBatch } from "../core/detections.js";
import { systemClock } from "../core/clock.js";
import type { Device, Precision, Runtime, RuntimeWish, WantedDevice } from "../core/devices.js";
import { detectLimits, placePicture, rowsOf, type InputRows, type Letterbox, type ModelInfo, type ObjectLimits } from "../model/index.js";
import { readStill, type Still } from "../picture/index.js";
import { singleCaller, type SingleCaller } from "./instance.js";
import { taskLimits, type TaskLimits } from "./messages.js";
import { loadModelInfo, type ModelWords } from "./model-file.js";
import { chooseRuntime } from "./runtimes/choose.js";
import { openServing, type Serving } from "./serving.js";

/** Which of the objects that a model finds are wanted, and what of them. */
export interface DetectFilter extends ObjectLimits {
  /** Least score, 0 to 1. Default: 0.25. */
  readonly conf?: number;
  /** Another least score of single classes, by name or number. */
  readonly classConf?: Readonly<Record<string, number>>;
  /** Two boxes of one class that overlap more than this (IoU, 0 to 1) are the same object. Default: 0.45. */
  readonly iou?: number;
  /** Only these classes, by name or number; empty = all, which is the default. */
  readonly classes?: readonly (string | number)[];
  /** Whether boxes of different classes that overlap are the same object too. Default: false. */
  readonly agnostic?: boolean;
  /** Most objects of one picture; the best are kept. Default: 300. */
  readonly maxDetections?: number;
}

/** Which model, and what its calls see where they say nothing else. */
export interface InstanceOptions extends DetectFilter, RuntimeWish {
  /**
   * Path of an ONNX file, or the name of a model that is at this machine (`sightline models list`): nothing is fetched here.
   * Default: `builtin`, the small street model that comes with sightline.
   */
  readonly model?: string;
  /** File with one class name a line, or `coco`. Default: what the model itself says. */
  readonly labels?: string | null;
  /** How the model's outputs are to be read, where the file leaves that open; see `ModelWords`. */
  readonly family?: ModelWords["family"];
  readonly task?: ModelWords["task"];
  readonly imgsz?: ModelWords["imgsz"];
  /** Threads inside one run. Default: 1; more only for an instance that has the cores to itself. */
  readonly intraOpThreads?: number;
  /** What runs it; auto = cuda where its libraries are beside onnxruntime and work, else cpu; with openvino what that chooses. Default: auto. */
  readonly device?: WantedDevice;
}

/** A picture that is letterboxed already, as `openSource` yields it. */
export interface PlanarFrame {
  /** 3 planes G, B, R of `rows.heightPx` rows, each as wide as the input. Read only. */
  readonly planes: Uint8Array;
  /** Which rows of the input these are; all others are padding. */
  readonly rows: InputRows;
  /** Where the picture lies in the input. */
  readonly letterbox: Letterbox;
}

/** What was found in one picture: parallel arrays of the same length, best score first, boxes in the picture's own pixels. */
export interface Detections extends DetectionBatch {
  /** `count` names, one for each object. */
  readonly labels: readonly string[];
  /** Size of the picture as it is shown (EXIF turn applied), px. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Durations in ms: picture to planes, planes to the input tensor, the run, outputs to boxes. */
  readonly timesMs: { readonly read: number; readonly normalise: number; readonly infer: number; readonly decode: number };
}

type Call = readonly [picture: Still | PlanarFrame, filter: DetectFilter];

/**
 * A YOLO model, loaded in the thread that calls `open` and for that thread alone: the main thread, or a worker of your
 * own. It takes one call at a time; `locked()` makes it one that several callers can share. It can't be posted to another
 * thread or given to one (DataCloneError): make one there.
 *
 * A run blocks its thread. While one is on in any thread, `process.exit()`, `worker.terminate()` and an error that nobody
 * catches abort the whole process (SIGABRT): dispose first, and let the program end by itself.
 *
 * ```ts
 * await using model = await ModelInstance.open({ model: "yolo11n.onnx" });
 * const { labels, boxes } = await model.detect("street.jpg");
 * ```
 */
export class ModelInstance implements AsyncDisposable {
  /** What the model file says: labels, input size, family. */
  readonly model: ModelInfo;
  /** What runs it: the device, and below the library and the precision. */
  readonly device: Device;
  readonly runtime: Runtime;
  readonly precision: Precision;
  /**
   * Finds the objects of one picture. A property of its own, so that no copy of an instance reaches another thread:
   * functions can't be cloned.
   *
   * picture   path of a file, bytes of a JPEG or PNG file, pixels (not to be changed until the answer is there), or a frame of `openSource` that was fitted to this model
   * filter    what differs from the instance's own
   * @throws PipelineError E_INSTANCE_BUSY while another call runs, E_INSTANCE_THREAD in another thread, E_INSTANCE_CLOSED,
   * E_PICTURE, E_CONFIG when the model has no such class, E_INFERENCE_FAILED or E_MODEL_OUTPUT.
   */
  readonly detect: (picture: Still | PlanarFrame, filter?: DetectFilter) => Promise<Detections>;
  readonly #caller: SingleCaller<Call, Detections>;

  private constructor(model: ModelInfo, serving: Serving, own: DetectFilter) {
    this.model = model;
    const { device, runtime, precision } = serving.live;
    [this.device, this.runtime, this.precision] = [device, runtime, precision];
    this.#caller = singleCaller(detector(model, serving, own), { close: () => serving[Symbol.asyncDispose]() });
    this.detect = (picture, filter = {}) => this.#caller.run([picture, filter]);
  }

  /**
   * Loads a model in this thread and runs it once. Blocks the thread meanwhile, as each run does.
   * @throws PipelineError E_MODEL_MISSING, E_MODEL_UNREADABLE, E_MODEL_INVALID, E_MODEL_INPUTS, E_MODEL_FAMILY, E_MODEL_AMBIGUOUS,
   * E_MODEL_SIDECAR, E_MODEL_NAME, E_MODEL_NOT_PULLED, E_MODEL_DEVICE, E_MODEL_PRECISION, E_MODEL_RUNTIME, E_RUNTIME_MISSING, E_RUNTIME_VERSION, E_RUNTIME_BROKEN, E_LABELS, or E_CONFIG when it has none of the classes.
   */
  static async open({ model = "builtin", labels = null, family = null, task = null, imgsz = null, intraOpThreads = 1, device = "auto", runtime, precision, openvinoPath, ...own }: InstanceOptions = {}): Promise<ModelInstance> {
    const { info } = await loadModelInfo(model, { labels, family, task, imgsz });
    limitsOf(info, own);
    return new ModelInstance(info, await openServing(info, intraOpThreads, chooseRuntime({ device, ...(runtime && { runtime }), ...(precision && { precision }), ...(openvinoPath !== undefined && { openvinoPath }) })), own);
  }

  /** Waits for the run that is on, if any, then frees the model. Calls from now on get E_INSTANCE_CLOSED. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#caller[Symbol.asyncDispose]());
  }
}

function detector(model: ModelInfo, serving: Serving, own: DetectFilter): (call: Call) => Promise<Detections> {
  const { inputWidthPx, inputHeightPx, labels } = model;
  // Made at the first picture that has to be fitted: frames of a source bring their planes.
  let planes: Uint8Array | undefined;

  async function fitted(picture: Still | PlanarFrame): Promise<PlanarFrame> {
    if (isPlanar(picture)) return requireFit(picture, model);
    planes ??= new Uint8Array(3 * inputWidthPx * inputHeightPx);
    const box = await placePicture(model, planes, (fit) => readStill(picture, fit)).catch((cause: unknown) => {
      throw new PipelineError("E_PICTURE", `${nameOf(picture)}: ${asPipelineError(cause, "E_PICTURE").message}`, { cause });
    });
    return { planes, letterbox: box, rows: rowsOf(box) };
  }

  return async ([picture, filter]) => {
    const begin = systemClock.monotonicMs();
    const limits = limitsOf(model, { ...own, ...filter });
    const { planes: pixels, letterbox, rows } = await fitted(picture);
    const read = systemClock.monotonicMs() - begin;
    const answer = await serving.serve({ letterbox, rows, limits }, (fill) => fill(pixels)).catch((cause: unknown) => {
      throw asPipelineError(cause, "E_INFERENCE_FAILED");
    });
    if (!answer.ok) throw new PipelineError(answer.error.code, answer.error.message);
    const { detections, normaliseMs: normalise, inferMs: infer, decodeMs: decode } = answer;
    return {
      ...detections,
      labels: Array.from(detections.classIds, (id) => labels[id] ?? String(id)),
      widthPx: letterbox.sourceWidthPx, heightPx: letterbox.sourceHeightPx,
      timesMs: { read, normalise, infer, decode },
    };
  };
}

function limitsOf({ labels }: ModelInfo, { conf = 0.25, iou = 0.45, classes = [], agnostic = false, maxDetections = 300, ...more }: DetectFilter): TaskLimits {
  return taskLimits(detectLimits(labels, { conf, iou, classes, agnostic, maxDetections, ...more }));
}

function isPlanar(picture: Still | PlanarFrame): picture is PlanarFrame {
  return typeof picture === "object" && "planes" in picture;
}

function requireFit(frame: PlanarFrame, { inputWidthPx, inputHeightPx }: ModelInfo): PlanarFrame {
  const { inputWidthPx: widthPx, inputHeightPx: heightPx } = frame.letterbox;
  if (widthPx === inputWidthPx && heightPx === inputHeightPx) return frame;
  throw new PipelineError("E_PICTURE", `the frame was fitted to ${widthPx} x ${heightPx} px, this model takes ${inputWidthPx} x ${inputHeightPx}: open its source with fit: instance.model`);
}

function nameOf(picture: Still): string {
  if (typeof picture === "string") return picture;
  return picture instanceof Uint8Array ? `a picture of ${picture.length} bytes` : "the pixels";
}
