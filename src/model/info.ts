import type { LetterboxRule } from "./letterbox.js";

/** The model families that can be run. */
export const FAMILIES = ["yolov8", "yolox"] as const;
/** One of FAMILIES. */
export type Family = (typeof FAMILIES)[number];

/** Where the labels come from. `numbers`: nobody named the classes. */
export type LabelsFrom = "metadata" | "sidecar" | "file" | "coco" | "numbers";

/** Everything that is known of a model before it runs. Plain data: it crosses threads. */
export interface ModelInfo {
  /** Base name and first 8 hex digits of the file's SHA-256: `yolox_nano@695e750a`. */
  readonly id: string;
  /** The file's SHA-256, 64 hex digits. */
  readonly sha256: string;
  /** Absolute. */
  readonly path: string;
  readonly family: Family;
  readonly inputName: string;
  readonly outputNames: readonly string[];
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  /** One a class, in the model's order. */
  readonly labels: readonly string[];
  readonly labelsFrom: LabelsFrom;
  readonly letterbox: LetterboxRule;
  /** Order of the input's three planes. */
  readonly channels: "rgb" | "bgr";
  /** What a pixel (0..255) is multiplied with: 1/255 or 1. */
  readonly scale: number;
}

/** How a family wants its pictures. */
export const FAMILY_INPUT: Readonly<Record<Family, Pick<ModelInfo, "letterbox" | "channels" | "scale">>> = {
  yolov8: { letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 },
  yolox: { letterbox: { placement: "top-left", rounding: "truncate", padValue: 114 }, channels: "bgr", scale: 1 },
};
