import { PipelineError } from "../core/errors.js";
import type { Family } from "./info.js";
import type { Dim, OnnxHeader } from "./onnx-header.js";
import { parsePythonLiteral } from "./python-literal.js";
import { anchorCount } from "./strides.js";

/** What decides the family, besides the file itself. */
export interface FamilyHints {
  /** The sidecar's word, which is final where the shape allows it. */
  readonly family: Family | null;
  /** How many labels the operator gave; null = none. */
  readonly labelCount: number | null;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
}

/** A model that can be run. */
export interface KnownModel {
  readonly family: Family;
  readonly classCount: number;
  /** true when nothing but a shape that others can have too spoke for the family. */
  readonly guessed: boolean;
}

/** End-to-end heads give a few hundred finished boxes, never as many rows as a grid has cells. */
const END_TO_END_ROWS = 1000;
/** Columns of end-to-end heads: detect 6, oriented boxes 7, masks 38, pose 57. */
const END_TO_END_COLUMNS = [6, 7, 38, 57];
/** Values of a box before the class scores: centre form; YOLOX has its objectness there too. */
const YOLOV8_BOX = 4;
const YOLOX_BOX = 5;
/** Channel-first heads of other tasks that a detector with some number of classes would look like. */
const LOOKALIKES: Readonly<Record<number, string>> = {
  56: "pose with 17 keypoints, or masks of 20 classes",
  20: "oriented boxes of 15 classes",
  116: "masks of 80 classes",
};
/** Classes of COCO, which a model without names most often knows. */
const COCO_CLASSES = 80;

/**
 * Decides which family a model is of: the sidecar's word, then the metadata that Ultralytics writes, then shapes.
 * @throws PipelineError E_MODEL_FAMILY when it is one that can't be run, or can't be told from another
 */
export function familyOf(header: OnnxHeader, hints: FamilyHints): KnownModel {
  const { metadata, outputs } = header;
  const task = metadata.get("task");
  const otherTask = hints.family === null && task !== undefined && task !== "detect";
  if (otherTask) throw refusal(header, `its metadata says task "${task}"`);
  if (hasNmsInside(metadata)) throw refusal(header, "it does its own NMS (end2end), so its rows are finished boxes");
  if (outputs.length !== 1) throw refusal(header, `it has ${outputs.length} outputs, a detector here has one`);
  const dims = outputs[0]!.dims;
  const read = [readYolov8(dims, task !== undefined, hints), readYolox(dims, task !== undefined, hints)];
  const known = read.find((model) => model !== undefined && (hints.family ?? model.family) === model.family);
  const told = hints.family !== null || task !== undefined || hints.labelCount === known?.classCount;
  if (known) return { ...known, guessed: !told && known.family === "yolov8" && known.classCount !== COCO_CLASSES };
  const why = hints.family ? `the sidecar says family ${hints.family}, but the shape is not that family's` : null;
  throw refusal(header, why ?? looksLike(dims, hints));
}

/** `end2end`, or `nms` among the export's arguments: either puts NMS into the graph. */
function hasNmsInside(metadata: ReadonlyMap<string, string>): boolean {
  if (parsePythonLiteral(metadata.get("end2end") ?? "None") === true) return true;
  const args = parsePythonLiteral(metadata.get("args") ?? "None");
  return args instanceof Map && args.get("nms") === true;
}

type Reading = Omit<KnownModel, "guessed"> | undefined;

/** (1, 4 + classes, anchors), channel-first. */
function readYolov8(dims: readonly Dim[], hasTask: boolean, hints: FamilyHints): Reading {
  const [batch, rows, anchors] = dims;
  if (dims.length !== 3 || !isOne(batch) || typeof rows !== "number" || rows <= YOLOV8_BOX) return undefined;
  const classCount = rows - YOLOV8_BOX;
  const model = { family: "yolov8", classCount } as const;
  const onGrid = anchors === anchorCount(hints.inputWidthPx, hints.inputHeightPx);
  // Heads with a fourth grid have other counts: the operator's or the exporter's word is enough for those.
  const told = hasTask || hints.family !== null;
  if (typeof anchors === "number" && rows >= anchors) return undefined;
  if (typeof anchors === "number" && !onGrid && !told) return undefined;
  if (typeof anchors === "string" && !told && classCount !== COCO_CLASSES) return undefined;
  if (!told && rows in LOOKALIKES && hints.labelCount !== classCount) return undefined;
  return model;
}

/** (1, anchors, 5 + classes), exactly as many anchors as the grids have cells. */
function readYolox(dims: readonly Dim[], hasTask: boolean, hints: FamilyHints): Reading {
  const [batch, anchors, columns] = dims;
  if (dims.length !== 3 || !isOne(batch) || typeof columns !== "number" || columns <= YOLOX_BOX) return undefined;
  // Its exporter writes no metadata.
  if (hasTask && hints.family !== "yolox") return undefined;
  const classCount = columns - YOLOX_BOX;
  const model = { family: "yolox", classCount } as const;
  const told = hints.family === "yolox";
  if (typeof anchors === "string") return told || classCount === COCO_CLASSES ? model : undefined;
  if (anchors !== anchorCount(hints.inputWidthPx, hints.inputHeightPx)) return undefined;
  if (told) return model;
  // A head of a few hundred rows could as well be end-to-end, and 84 columns a transposed YOLOv8 of 80 classes.
  if (anchors <= END_TO_END_ROWS && END_TO_END_COLUMNS.includes(columns)) return undefined;
  if (columns === YOLOV8_BOX + COCO_CLASSES && hints.labelCount !== classCount) return undefined;
  return model;
}

/** A batch of one, or of any size. */
function isOne(batch: Dim | undefined): boolean {
  return batch === 1 || typeof batch === "string";
}

/** What an output that no family here has most likely is. */
function looksLike(dims: readonly Dim[], { inputWidthPx, inputHeightPx }: FamilyHints): string {
  const [, second, third] = dims;
  const cells = anchorCount(inputWidthPx, inputHeightPx);
  if (dims.length === 2) return "this looks like a classifier";
  if (dims.length !== 3) return "this is no detector's output";
  if (second === 3 * cells) return "this looks like YOLOv5 with anchor boxes";
  if (third === cells && typeof second === "number" && second in LOOKALIKES) {
    return `this may be ${LOOKALIKES[second]}, or a detector with ${second - YOLOV8_BOX} classes`;
  }
  if (second === cells) return "this may be a transposed YOLOv8, an end-to-end head, or YOLOX";
  if (typeof second === "number" && second <= END_TO_END_ROWS && typeof third === "number" && third < second) {
    return END_TO_END_COLUMNS.includes(third)
      ? "this looks like an end-to-end head (YOLOv10, YOLO26)"
      : "this looks like a DETR";
  }
  return `no family here has this shape on an input of ${inputWidthPx}x${inputHeightPx}`;
}

function refusal({ outputs }: OnnxHeader, why: string): PipelineError {
  const seen = outputs.map(({ name, dims }) => `${name} ${dims.join("x")}`).join(", ");
  const supported = "supported: yolov8 (8, 9, 11, 12 detect: 1 x 4+classes x anchors), yolox (1 x anchors x 5+classes)";
  return new PipelineError(
    "E_MODEL_FAMILY",
    `outputs ${seen}: ${why}; ${supported}; the key family in a sidecar decides`,
  );
}
