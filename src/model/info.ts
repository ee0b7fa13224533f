import type { LetterboxRule } from "./letterbox.js";

/**
 * The model families that can be run, by what comes out of them. yolov8: YOLOv8, v9, 11, 12, v5u and YOLO26 with its raw
 * head. yolov5: with anchor boxes. end2end: YOLOv10, YOLO26, and whatever was exported with its NMS inside. rtdetr: as
 * Ultralytics exports it. detr: with two inputs (RT-DETR, D-FINE, DEIM as their authors deploy them). yolox and rfdetr: what they are called.
 */
export const FAMILIES = ["yolov8", "yolov5", "end2end", "yolox", "rtdetr", "detr", "rfdetr"] as const;
/** One of FAMILIES. */
export type Family = (typeof FAMILIES)[number];

/** What a model does with a picture. Named as Ultralytics' metadata names it. */
export const TASKS = ["detect", "segment", "pose", "obb", "classify"] as const;
/** One of TASKS. */
export type Task = (typeof TASKS)[number];

/** Where the labels come from. `numbers`: nobody named the classes. */
export type LabelsFrom = "metadata" | "sidecar" | "file" | "coco" | "numbers";

/** What an output holds beyond boxes, scores and classes. */
export interface Head {
  /** Points of a pose; 0 = none. */
  readonly keypoints: number;
  /** Numbers of each point: x, y and, with 3, a score. */
  readonly keypointValues: 2 | 3;
  /** Coefficients of an object's mask; 0 = none. */
  readonly maskCoefficients: number;
  /** Whether the graph has done the last step already: YOLOX, boxes of its grid's numbers; RT-DETR, the best class of each row. */
  readonly isDecoded: boolean;
  /** RF-DETR: the class that each of its logits stands for, -1 = none. */
  readonly classMap?: readonly number[];
}

/** A head that gives boxes alone. */
export const PLAIN_HEAD: Head = { keypoints: 0, keypointValues: 3, maskCoefficients: 0, isDecoded: false };

/** How a family wants its pictures. */
export interface InputLook {
  readonly letterbox: LetterboxRule;
  /** Order of the input's three planes. */
  readonly channels: "rgb" | "bgr";
  /** What a pixel (0..255) is multiplied with: 1/255 or 1. */
  readonly scale: number;
  /** What is then taken away from and divided out of each plane, in the input's order; left out = nothing. */
  readonly normalisation?: { readonly mean: readonly [number, number, number]; readonly std: readonly [number, number, number] };
}

/** A number's kind in the input. */
export type InputType = "float32" | "float16" | "uint8";

/** An input that takes the picture's own size, width then height. */
export interface SizeInput {
  readonly name: string;
  readonly type: "int64" | "float32";
}

/** Everything that is known of a model before it runs. Plain data: it crosses threads. */
export interface ModelInfo extends InputLook {
  /** Base name and first 8 hex digits of the file's SHA-256: `yolox_nano@695e750a`. */
  readonly id: string;
  /** The file's SHA-256, 64 hex digits. */
  readonly sha256: string;
  /** Absolute. */
  readonly path: string;
  readonly family: Family;
  readonly task: Task;
  readonly head: Head;
  readonly inputName: string;
  readonly inputType: InputType;
  /** Two-input models: the other one. null = none. */
  readonly sizeInput: SizeInput | null;
  /** Which outputs are read, in the order in which the family's decoder takes them. */
  readonly outputNames: readonly string[];
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  /** One a class, in the model's order. Empty when neither the model nor anybody said how many there are. */
  readonly labels: readonly string[];
  readonly labelsFrom: LabelsFrom;
}
