import { PipelineError } from "../core/errors.js";
import { familyOf } from "./families.js";
import { FAMILY_INPUT, type Family, type ModelInfo } from "./info.js";
import { chooseLabels, type GivenLabels } from "./labels.js";
import type { OnnxHeader, ValueInfo } from "./onnx-header.js";
import { parsePythonLiteral } from "./python-literal.js";
import { INPUT_MULTIPLE_PX } from "./strides.js";

/** What stands in `<name>.yaml` beside `<name>.onnx`. Every key is optional and goes before the model's own word. */
export interface Sidecar {
  readonly family: Family | null;
  readonly labels: GivenLabels | null;
  /** Height and width of the input, px; for models whose input is of any size. */
  readonly imgsz: readonly [number, number] | null;
}

/** Everything that was read about a model. */
export interface ModelFacts {
  readonly path: string;
  /** Base name without its ending. */
  readonly name: string;
  readonly sha256: string;
  readonly header: OnnxHeader;
  readonly sidecar: Sidecar | null;
  /** The operator's `--labels`; goes before all others. */
  readonly labels: GivenLabels | null;
}

/** A model that can be run, and what to tell the person about it, once. */
export interface DescribedModel {
  readonly info: ModelInfo;
  readonly notices: readonly string[];
}

/** Input of a model that takes any size and says none, px. Source: what YOLO models are trained at. */
const DEFAULT_INPUT_PX = 640;
/** Longest side of an input, px: 8K. Beyond it the file lies, and memory would be asked for in vain. */
const INPUT_LIMIT_PX = 8192;
const ID_HASH_DIGITS = 8;

/**
 * Makes a ModelInfo of what was read.
 * @throws PipelineError E_MODEL_INPUTS, E_MODEL_FAMILY, E_LABELS
 */
export function describeModel(facts: ModelFacts): DescribedModel {
  const { header, sidecar } = facts;
  const input = soleImageInput(header.inputs);
  const {
    size: [inputHeightPx, inputWidthPx],
    notice: sizeNotice,
  } = inputSize(input, header.metadata.get("imgsz"), sidecar?.imgsz ?? null);
  const given = facts.labels ?? sidecar?.labels ?? null;
  const labelCount = given && given.from !== "coco" ? given.labels.length : null;
  const known = familyOf(header, { family: sidecar?.family ?? null, labelCount, inputWidthPx, inputHeightPx });
  const {
    labels,
    labelsFrom,
    notice: labelsNotice,
  } = chooseLabels(known.classCount, given, header.metadata.get("names"));
  const familyNotice = known.guessed
    ? `taken for ${known.family} by the shape of its output; the key family in a sidecar decides`
    : null;
  const info: ModelInfo = {
    id: `${facts.name}@${facts.sha256.slice(0, ID_HASH_DIGITS)}`,
    sha256: facts.sha256,
    path: facts.path,
    family: known.family,
    inputName: input.name,
    outputNames: header.outputs.map(({ name }) => name),
    inputWidthPx,
    inputHeightPx,
    labels,
    labelsFrom,
    ...FAMILY_INPUT[known.family],
  };
  return { info, notices: [familyNotice, sizeNotice, labelsNotice].filter((notice) => notice !== null) };
}

function soleImageInput(inputs: readonly ValueInfo[]): ValueInfo {
  const [input] = inputs;
  const seen = inputs.map(({ name, dtype, dims }) => `${name} ${dtype} ${dims.join("x")}`).join(", ") || "none";
  const refuse = (why: string) =>
    new PipelineError("E_MODEL_INPUTS", `${why}; seen: ${seen}; expected: one, float32 1x3xHxW`);
  if (!input || inputs.length !== 1) throw refuse(`the model has ${inputs.length} inputs`);
  if (input.dtype !== "float32") throw refuse(`the model's input is ${input.dtype}`);
  const [batch, channels] = input.dims;
  const oneAtATime = batch === 1 || typeof batch === "string";
  if (input.dims.length !== 4 || !oneAtATime || (channels !== 3 && typeof channels !== "string")) {
    throw refuse("the model's input is no single picture");
  }
  return input;
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
  if (size.some((sidePx) => sidePx % INPUT_MULTIPLE_PX !== 0 || sidePx > INPUT_LIMIT_PX)) {
    const expected = `multiples of ${INPUT_MULTIPLE_PX} up to ${INPUT_LIMIT_PX}`;
    throw new PipelineError("E_MODEL_INPUTS", `the model's input is ${size[1]}x${size[0]} px, expected ${expected}`);
  }
  if (wanted && (wanted[0] !== size[0] || wanted[1] !== size[1])) {
    throw new PipelineError(
      "E_MODEL_INPUTS",
      `the sidecar says imgsz ${wanted.join("x")} (height, width), the model is fixed at ${size.join("x")}`,
    );
  }
  if (!free || hint) return { size, notice: null };
  return {
    size,
    notice: `the model takes any size and names none: ${size[1]}x${size[0]} is used; imgsz in a sidecar for another`,
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
