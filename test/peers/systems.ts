import { join } from "node:path";
import { project } from "../support/paths.js";
import type { EnvironmentName } from "./environment.js";

/** One system in one setting. */
export interface System {
  readonly id: string;
  /** Whose it is, and how it is set, for the table. */
  readonly name: string;
  readonly setting: string;
  readonly runtime: "onnxruntime" | "openvino";
  /** What runs it; null = sightline's own command line. */
  readonly program: { readonly file: string; readonly environment: EnvironmentName; readonly model: "onnx" | "openvino folder" } | null;
  readonly way: "one" | "two" | "threads";
  /** Threads of each session, set by hand; null = as the system makes it. */
  readonly intraOpThreads: number | null;
  /** Ultralytics alone: keeps frames of a live stream that it has no time for. */
  readonly buffer: boolean;
  /** More for its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** In the rounds, on the file. */
  readonly timed: boolean;
  /** On the live stream: only what takes one stream. */
  readonly live: boolean;
  /** One setting of each program is checked on a model that finds things. */
  readonly checked: boolean;
  /** In which row of the table its figures stand as OpenVINO's. */
  readonly besides: string | null;
}

const ULTRALYTICS = { file: "ultralytics_peer.py", environment: "ultralytics", model: "onnx" } as const;
const ROBOFLOW = { file: "roboflow_peer.py", environment: "roboflow", model: "onnx" } as const;
const PLAIN = { file: "plain_peer.py", environment: "ultralytics", model: "onnx" } as const;
const OPENVINO = { file: "openvino_peer.py", environment: "ultralytics", model: "onnx" } as const;

/** Without its other models, which it would load the code of at each start. */
const ROBOFLOW_LEAN = {
  CORE_MODELS_ENABLED: "False", CORE_MODEL_CLIP_ENABLED: "False", CORE_MODEL_GAZE_ENABLED: "False", CORE_MODEL_SAM_ENABLED: "False", CORE_MODEL_SAM2_ENABLED: "False",
  CORE_MODEL_SAM3_ENABLED: "False", CORE_MODEL_OWLV2_ENABLED: "False", CORE_MODEL_DOCTR_ENABLED: "False", CORE_MODEL_EASYOCR_ENABLED: "False",
  CORE_MODEL_GROUNDINGDINO_ENABLED: "False", CORE_MODEL_YOLO_WORLD_ENABLED: "False", CORE_MODEL_TROCR_ENABLED: "False", CORE_MODEL_PE_ENABLED: "False",
  FLORENCE2_ENABLED: "False", PALIGEMMA_ENABLED: "False", QWEN_2_5_ENABLED: "False", QWEN_3_ENABLED: "False", SMOLVLM2_ENABLED: "False", MOONDREAM2_ENABLED: "False", DEPTH_ESTIMATION_ENABLED: "False",
};

const USUAL = { runtime: "onnxruntime", way: "one", intraOpThreads: null, buffer: false, environment: {}, timed: true, live: false, checked: false, besides: null } as const;

/** In this order they are measured and stand in the table. */
export const SYSTEMS: readonly System[] = [
  { ...USUAL, id: "sightline", name: "sightline", setting: "default", program: null, live: true, checked: true },
  { ...USUAL, id: "ultralytics", name: "Ultralytics", setting: "default: `predict(stream=True)`", program: ULTRALYTICS, live: true, checked: true },
  { ...USUAL, id: "ultralytics-buffered", name: "Ultralytics", setting: "the same with `stream_buffer=True`", program: ULTRALYTICS, buffer: true, timed: false, live: true },
  { ...USUAL, id: "ultralytics-guide", name: "Ultralytics", setting: "its guide: two threads, own model each", program: ULTRALYTICS, way: "threads" },
  { ...USUAL, id: "ultralytics-by-hand", name: "Ultralytics", setting: "best: the same, one intra-op thread a session by hand", program: ULTRALYTICS, way: "threads", intraOpThreads: 1 },
  { ...USUAL, id: "roboflow", name: "Roboflow `InferencePipeline`", setting: "default, own callable", program: ROBOFLOW, live: true, checked: true },
  { ...USUAL, id: "roboflow-best", name: "Roboflow `InferencePipeline`", setting: "best: two streams, a session of one thread each, other models off", program: ROBOFLOW, way: "threads", environment: ROBOFLOW_LEAN },
  { ...USUAL, id: "plain", name: "cv2 + onnxruntime", setting: "default: one loop", program: PLAIN, live: true, checked: true },
  { ...USUAL, id: "plain-best", name: "cv2 + onnxruntime", setting: "best: two threads, a session of one thread each", program: PLAIN, way: "two" },
  { ...USUAL, id: "sightline-openvino", name: "sightline", setting: "OpenVINO", runtime: "openvino", program: null, checked: true, besides: "sightline" },
  { ...USUAL, id: "ultralytics-openvino", name: "Ultralytics", setting: "OpenVINO", runtime: "openvino", program: { ...ULTRALYTICS, model: "openvino folder" }, checked: true, besides: "ultralytics" },
  { ...USUAL, id: "plain-openvino", name: "cv2 + OpenVINO", setting: "`AsyncInferQueue`, hint for throughput", runtime: "openvino", program: OPENVINO, checked: true, besides: "plain-best" },
];

/** Least score of an object, and how far boxes of a class may overlap: the same for all. */
export const LIMITS = { conf: 0.25, iou: 0.45 } as const;

/** What a run reads. */
export interface Subject {
  readonly modelPath: string;
  /** The same model as a folder in OpenVINO's format. */
  readonly openvinoFolder: string;
  readonly source: string;
  readonly live: boolean;
}

/** Program and arguments of one run; `python` is the interpreter of an environment. */
export function commandOf(system: System, subject: Subject, python: (name: EnvironmentName) => string): string[] {
  const { program, way, intraOpThreads, buffer, runtime } = system;
  if (program === null) return sightlineCommand(subject, runtime);
  const model = program.model === "onnx" ? subject.modelPath : subject.openvinoFolder;
  const plan = { model, source: subject.source, live: subject.live, ...LIMITS, way, intraOpThreads, buffer };
  return [python(program.environment), project("test", "peers", "programs", program.file), JSON.stringify(plan)];
}

function sightlineCommand({ modelPath, source }: Subject, runtime: System["runtime"]): string[] {
  const wishes = ["--conf", String(LIMITS.conf), "--iou", String(LIMITS.iou), ...(runtime === "openvino" ? ["--runtime", "openvino"] : [])];
  return [process.execPath, project("dist", "programs", "cli.js"), "run", source, "--model", modelPath, "--out", "-", ...wishes];
}

/** OpenVINO's libraries of the peers' own environment, so that all run the same. */
export const openvinoLibraries = (packages: string): string => join(packages, "openvino", "libs");
