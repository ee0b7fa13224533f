import { PipelineError } from "../core/errors.js";
import type { LabelsFrom } from "./info.js";
import { parsePythonLiteral, type PythonValue } from "./python-literal.js";

/** The 80 classes of COCO's detection task, in the order in which detectors number them. Source: cocodataset.org. */
export const COCO_LABELS: readonly string[] = [
  "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
  "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
  "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
  "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
  "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
  "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
  "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone",
  "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear",
  "hair drier", "toothbrush",
];

/** Labels that somebody gave: COCO's, or a list and where it is from. */
export type GivenLabels =
  | { readonly from: "coco" }
  | { readonly from: "file" | "sidecar"; readonly labels: readonly string[]; readonly name: string };

/** The labels of a model, and what to tell the person about them. */
export interface ChosenLabels {
  readonly labels: readonly string[];
  readonly labelsFrom: LabelsFrom;
  readonly notice: string | null;
}

/**
 * Chooses a model's labels: the ones given, else those of its metadata, else COCO's for 80 classes, else numbers.
 * @throws PipelineError E_LABELS when there are not as many as classes
 */
export function chooseLabels(
  classCount: number,
  given: GivenLabels | null,
  metadataNames: string | undefined,
): ChosenLabels {
  if (given?.from === "coco") return checked(COCO_LABELS, classCount, "coco", "COCO has");
  if (given) return checked(given.labels, classCount, given.from, `${given.name} has`);
  const named = metadataNames === undefined ? undefined : namesOf(metadataNames);
  if (named) return checked(named, classCount, "metadata", "the model's metadata has");
  if (classCount === COCO_LABELS.length) {
    return {
      labels: COCO_LABELS,
      labelsFrom: "coco",
      notice: "the model names none of its 80 classes: COCO's names are used; --labels FILE for others",
    };
  }
  const labels = Array.from({ length: classCount }, (_, id) => String(id));
  return {
    labels,
    labelsFrom: "numbers",
    notice: `the model names none of its ${classCount} classes: numbers are used; --labels FILE for names`,
  };
}

function checked(labels: readonly string[], classCount: number, labelsFrom: LabelsFrom, whose: string): ChosenLabels {
  if (labels.length === classCount) return { labels, labelsFrom, notice: null };
  throw new PipelineError("E_LABELS", `${whose} ${labels.length} labels, the model has ${classCount} classes`);
}

/** `{0: 'person', ...}` or `['person', ...]`; undefined when it is neither. What has no name keeps its number. */
function namesOf(text: string): string[] | undefined {
  const value = parsePythonLiteral(text);
  if (Array.isArray(value)) return value.map(nameOr);
  if (!(value instanceof Map) || value.size === 0) return undefined;
  const ids = [...value.keys()];
  if (!ids.every((id): id is number => typeof id === "number" && Number.isInteger(id) && id >= 0)) return undefined;
  const count = Math.max(...ids) + 1;
  if (count > 2 * value.size) return undefined;
  return Array.from({ length: count }, (_, id) => nameOr(value.get(id), id));
}

function nameOr(name: PythonValue | undefined, id: number): string {
  return typeof name === "string" ? name : String(id);
}

/**
 * Reads a labels file: one a line, spaces around ignored, empty lines only at the end.
 * @throws PipelineError E_LABELS
 */
export function parseLabelsFile(text: string, name: string): string[] {
  const labels = text
    .replace(/^\uFEFF/, "")
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
  const empty = labels.indexOf("");
  if (empty >= 0) throw new PipelineError("E_LABELS", `${name} has no label on line ${empty + 1}`);
  return labels;
}
