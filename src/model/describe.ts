import { PipelineError } from "../core/errors.js";
import type { Reading } from "./adapter.js";
import { headFacts, type HeadFacts, type Hints } from "./head-facts.js";
import type { Family, InputLook, InputType, LabelsFrom, ModelInfo, Task } from "./info.js";
import { chooseLabels, COCO_LABELS, type ChosenLabels, type GivenLabels } from "./labels.js";
import type { OnnxHeader, ValueInfo } from "./onnx-header.js";
import type { LetterboxRule } from "./letterbox.js";
import { parsePythonLiteral } from "./python-literal.js";
import { readingsOf, recognise, wordsOf } from "./recognise.js";
import { INPUT_MULTIPLE_PX } from "./strides.js";

/**
 * What a person says of a model: in `<name>.yaml` beside `<name>.onnx`, or by flags, which go before it. All of it goes before
 * the model's own word; null = nothing said.
 */
export interface Sidecar {
  readonly family: Family | null;
  readonly task: Task | null;
  readonly labels: GivenLabels | null;
  /** Height and width of the input, px; for models whose input is of any size. */
  readonly imgsz: readonly [number, number] | null;
  /** Points of a pose and numbers of each. */
  readonly kptShape: readonly [number, number] | null;
  /** YOLOX: whether the graph has decoded its boxes. */
  readonly decoded: boolean | null;
  /** Other pre-processing than the family's. */
  readonly look: (Partial<Omit<InputLook, "letterbox">> & { readonly letterbox?: Partial<LetterboxRule> }) | null;
}

/** A sidecar that says nothing. */
export const NOTHING_SAID: Sidecar = { family: null, task: null, labels: null, imgsz: null, kptShape: null, decoded: null, look: null };

/** Everything that was read about a model. */
export interface ModelFacts {
  readonly path: string;
  /** Base name without its ending. */
  readonly name: string;
  readonly sha256: string;
  readonly header: OnnxHeader;
  readonly sidecar: Sidecar | null;
  /** The operator's flags or settings; they go before the sidecar. */
  readonly asked: Pick<Sidecar, "family" | "task" | "labels" | "imgsz">;
}

/** A model that can be run, how that was found out, and what to tell the person about it, once. */
export interface DescribedModel {
  readonly info: ModelInfo;
  readonly notices: readonly string[];
  /** What spoke for the family and the task. */
  readonly because: string;
  /** What else it could be by its shapes alone, were there no metadata and no word of anybody. */
  readonly others: readonly string[];
}

/** Input of a model that takes any size and says none, px. Source: what YOLO models are trained at. */
const DEFAULT_INPUT_PX = 640;
/** Longest side of an input, px: 8K. Beyond it the file lies, and memory would be asked for in vain. */
const INPUT_LIMIT_PX = 8192;
const ID_HASH_DIGITS = 8;

/**
 * Makes a ModelInfo of what was read.
 * @throws PipelineError E_MODEL_INPUTS, E_MODEL_FAMILY, E_MODEL_AMBIGUOUS, E_LABELS
 */
export function describeModel(facts: ModelFacts): DescribedModel {
  const { header } = facts;
  const said = saidOf(facts);
  const input = imageInput(header.inputs);
  const { size: [inputHeightPx, inputWidthPx], notice: sizeNotice } = inputSize(input, header.metadata.get("imgsz"), said.imgsz);
  const head = headFacts(header, hintsOf(said), inputWidthPx, inputHeightPx);
  // Grids come out otherwise on an input that is no whole number of cells: then that is what is wrong.
  const readings = readingsOf(head);
  if (readings.length === 0) checkCells(inputHeightPx, inputWidthPx);
  const reading = recognise(readings, head);
  const { labels, labelsFrom, notice: labelsNotice } = labelsOf(reading, said.labels, header.metadata.get("names"));
  checkInputs(header.inputs, reading);
  const look = lookOf(reading, input, said);
  // A letterbox and the grids need whole cells; what is stretched or cropped has patches of its own. A sidecar's fit makes no grid of patches.
  if ([reading.look, look].some(({ letterbox }) => LETTERBOXES.includes(letterbox.placement))) checkCells(inputHeightPx, inputWidthPx);
  const familyNotice = reading.isSure ? null : `taken for ${reading.family} ${reading.task} by the shape of its output; --model-family and --model-task decide, or the keys family and task in a sidecar`;
  const info: ModelInfo = {
    id: `${facts.name}@${facts.sha256.slice(0, ID_HASH_DIGITS)}`,
    sha256: facts.sha256,
    path: facts.path,
    family: reading.family,
    task: reading.task,
    head: reading.head,
    inputName: input.name,
    inputType: input.dtype as InputType,
    sizeInput: reading.sizeInput,
    outputNames: reading.outputNames,
    inputWidthPx,
    inputHeightPx,
    labels,
    labelsFrom,
    ...look,
  };
  return { info, because: reading.because, others: othersOf(reading, header, head), notices: [familyNotice, sizeNotice, labelsNotice].filter((notice) => notice !== null) };
}

const LETTERBOXES: readonly LetterboxRule["placement"][] = ["centre", "top-left"];

const NO_HINTS: Hints = { family: null, task: null, kptShape: null, decoded: null, labelCount: null };

function othersOf({ family, task }: Reading, header: OnnxHeader, { inputWidthPx, inputHeightPx }: HeadFacts): string[] {
  const bare = headFacts({ ...header, metadata: new Map() }, NO_HINTS, inputWidthPx, inputHeightPx);
  return readingsOf(bare).filter((other) => other.family !== family || other.task !== task).map(wordsOf);
}

function saidOf({ asked, sidecar }: ModelFacts): Sidecar {
  const beside = sidecar ?? NOTHING_SAID;
  return {
    ...beside,
    family: asked.family ?? beside.family, task: asked.task ?? beside.task, labels: asked.labels ?? beside.labels, imgsz: asked.imgsz ?? beside.imgsz,
  };
}

function hintsOf({ family, task, kptShape, decoded, labels }: Sidecar): Hints {
  return { family, task, kptShape, decoded, labelCount: labels === null ? null : labels.from === "coco" ? COCO_LABELS.length : labels.labels.length };
}

/** Pixels as they are for an input of bytes: such a graph scales by itself. */
function lookOf({ look }: Reading, { dtype }: ValueInfo, said: Sidecar): InputLook {
  const { normalisation: own, ...plain } = { ...look, ...said.look, letterbox: { ...look.letterbox, ...said.look?.letterbox } };
  if (dtype === "uint8") return { ...plain, scale: 1 };
  return { ...plain, ...(own && { normalisation: own }) };
}

/** A head that leaves its number of classes open has as many as there are labels, or nobody knows. */
function labelsOf({ classCount, task }: Reading, given: GivenLabels | null, names: string | undefined): ChosenLabels {
  if (classCount !== null) return chooseLabels(classCount, given, names);
  const none: ChosenLabels = { labels: [], labelsFrom: "numbers" satisfies LabelsFrom, notice: `neither the model nor a labels file says which classes it has: numbers are used (task ${task}); --labels FILE for names` };
  return given === null ? none : chooseLabels(given.from === "coco" ? COCO_LABELS.length : given.labels.length, given, names);
}

const INPUT_TYPES: readonly string[] = ["float32", "float16", "uint8"] satisfies InputType[];

/** The input that takes the picture: the only one with four sides. */
function imageInput(inputs: readonly ValueInfo[]): ValueInfo {
  const pictures = inputs.filter(({ dims }) => dims.length === 4);
  const input = pictures[0] ?? inputs[0];
  const refuse = refuser(inputs);
  if (!input || inputs.length > 2) throw refuse(`the model has ${inputs.length} inputs`);
  if (pictures.length > 1) throw refuse(`the model takes ${pictures.length} pictures`);
  const [batch, channels] = input.dims;
  const oneAtATime = batch === 1 || typeof batch === "string";
  if (input.dims.length !== 4 || !oneAtATime || (channels !== 3 && typeof channels !== "string")) throw refuse("the model's input is no single picture");
  if (!INPUT_TYPES.includes(input.dtype)) throw refuse(`the model's input is ${input.dtype}`);
  return input;
}

function refuser(inputs: readonly ValueInfo[]): (why: string) => PipelineError {
  const seen = inputs.map(({ name, dtype, dims }) => `${name} ${dtype} ${dims.join("x")}`).join(", ") || "none";
  return (why) => new PipelineError("E_MODEL_INPUTS", `${why}; seen: ${seen}; expected: one of 1x3xHxW in float32, float16 or uint8, with two-input DETRs also the picture's size`);
}

/** What could be checked only when the family is known. */
function checkInputs(inputs: readonly ValueInfo[], { family, sizeInput }: Reading): void {
  const expected = sizeInput === null ? 1 : 2;
  if (inputs.length !== expected) throw refuser(inputs)(`the model has ${inputs.length} inputs, ${family} has ${expected}`);
}

function checkCells(heightPx: number, widthPx: number): void {
  if (heightPx % INPUT_MULTIPLE_PX === 0 && widthPx % INPUT_MULTIPLE_PX === 0) return;
  throw new PipelineError("E_MODEL_INPUTS", `the model's input is ${widthPx}x${heightPx} px, expected multiples of ${INPUT_MULTIPLE_PX} up to ${INPUT_LIMIT_PX}`);
}

interface InputSize {
  /** Height, width. */
  readonly size: readonly [number, number];
  readonly notice: string | null;
}

/** A fixed size is the model's own; a free one is the sidecar's, the metadata's, or the usual one. */
function inputSize({ dims }: ValueInfo, imgsz: string | undefined, wanted: Sidecar["imgsz"]): InputSize {
  const [, , height, width] = dims;
  const hint = wanted ?? (imgsz === undefined ? null : sizeOf(imgsz));
  const asked: readonly [number, number] = hint ?? [DEFAULT_INPUT_PX, DEFAULT_INPUT_PX];
  const size = [typeof height === "number" ? height : asked[0], typeof width === "number" ? width : asked[1]] as const;
  const free = typeof height === "string" || typeof width === "string";
  if (size.some((sidePx) => sidePx > INPUT_LIMIT_PX)) throw new PipelineError("E_MODEL_INPUTS", `the model's input is ${size[1]}x${size[0]} px, expected up to ${INPUT_LIMIT_PX}`);
  if (wanted && (wanted[0] !== size[0] || wanted[1] !== size[1])) {
    throw new PipelineError(
      "E_MODEL_INPUTS",
      `asked for imgsz [${wanted.join(", ")}] (height, width), that is ${wanted[1]}x${wanted[0]} px; the model's input is fixed at ${size[1]}x${size[0]} px`,
    );
  }
  if (!free || hint) return { size, notice: null };
  return {
    size,
    notice: `the model takes any size and names none: ${size[1]}x${size[0]} is used; --imgsz, or imgsz in a sidecar, for another`,
  };
}

/** `[height, width]` or one number for both; null when it is neither. */
function sizeOf(text: string): readonly [number, number] | null {
  const value = parsePythonLiteral(text);
  const [height, width] = Array.isArray(value) ? value : [value, value];
  return isSide(height) && isSide(width) ? [height, width] : null;
}

function isSide(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}
