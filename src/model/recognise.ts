import { PipelineError } from "../core/errors.js";
import type { Reading } from "./adapter.js";
import { ADAPTERS } from "./families/index.js";
import { taskOf, type HeadFacts } from "./head-facts.js";
import { TASKS } from "./info.js";
import { END_TO_END_ROWS } from "./usual.js";

/**
 * Decides how a model is to be read, of the ways in which it could be.
 * @throws PipelineError E_MODEL_FAMILY when no family here can read it, E_MODEL_AMBIGUOUS when several could
 */
export function recognise([reading, ...others]: readonly Reading[], facts: HeadFacts): Reading {
  if (reading === undefined) throw refusal(facts);
  if (others.length > 0) throw ambiguity([reading, ...others], facts);
  return reading;
}

/** All ways in which a model could be read: after what a person said, then what its metadata says, then by names and shapes. */
export function readingsOf(facts: HeadFacts): readonly Reading[] {
  const { hints } = facts;
  const readings = Object.values(ADAPTERS)
    .flatMap((adapter) => adapter.recognise(facts))
    .filter(({ family, task }) => (hints.family ?? family) === family && (hints.task ?? task) === task);
  const names = hints.labelCount ?? facts.said.nameCount;
  if (readings.length <= 1 || names === null) return readings;
  // As many names as one of them has classes: that is the one. A head that leaves the number open fits any.
  const fitting = readings.filter(({ classCount }) => classCount === names);
  return fitting.length > 0 ? fitting : readings;
}

function seenOf({ inputs, outputs }: HeadFacts): string {
  const side = (values: HeadFacts["outputs"]): string => values.map(({ name, dims }) => `${name} ${dims.join("x")}`).join(", ");
  return `outputs ${side(outputs)}${inputs.length > 1 ? ` (inputs ${side(inputs)})` : ""}`;
}

function ambiguity(readings: readonly Reading[], facts: HeadFacts): PipelineError {
  const ways = readings.map(wordsOf);
  const last = ways.pop() ?? "";
  return new PipelineError("E_MODEL_AMBIGUOUS", `${seenOf(facts)}: this can be read as ${ways.join(", ")} or as ${last}; ${deciders(readings)}`);
}

/** A reading in words: `yolov8 detect of 52 classes`. */
export function wordsOf({ family, task, classCount, head }: Reading): string {
  const points = head.keypoints > 0 ? ` with ${head.keypoints} points` : "";
  return `${family} ${task}${points}${classCount === null ? "" : ` of ${counted(classCount)}`}`;
}

const counted = (classes: number): string => (classes === 1 ? "1 class" : `${classes} classes`);

/** Which flags, or keys of a sidecar, tell them apart. */
function deciders(readings: readonly Reading[]): string {
  const differs = (of: (reading: Reading) => unknown): boolean => new Set(readings.map(of)).size > 1;
  const flags = [
    ...(differs(({ family }) => family) ? ["--model-family (key family in a sidecar)"] : []),
    ...(differs(({ task }) => task) ? ["--model-task (key task)"] : []),
  ];
  return `${flags.join(" or ") || "--labels"} decides`;
}

function refusal(facts: HeadFacts): PipelineError {
  const { hints } = facts;
  const supported = `supported: ${Object.values(ADAPTERS).map(({ reads }) => reads).join("; ")}`;
  return new PipelineError("E_MODEL_FAMILY", `${seenOf(facts)}: ${hints.family || hints.task ? saidButNot(facts) : looksLike(facts)}; ${supported}`);
}

function saidButNot({ hints: { family, task } }: HeadFacts): string {
  const said = [family && `family ${family}`, task && `task ${task}`].filter(Boolean).join(", ");
  return `${said} was said, but this is no shape of it`;
}

/** What an output that no family here reads most likely is. */
function looksLike(facts: HeadFacts): string {
  const { outputs, cells, inputWidthPx, inputHeightPx } = facts;
  const task = taskOf(facts);
  if (task !== null && !TASKS.some((known) => known === task)) return `its metadata says task "${task}", which is none of ${TASKS.join(", ")}`;
  const [, second, third] = outputs[0]?.dims ?? [];
  if (outputs.length > 1) return `no family here has these ${outputs.length} outputs`;
  if (outputs[0]?.dims.length === 2) return "this looks like a classifier; with the metadata of Ultralytics, or family yolov8, it is read as theirs";
  if (outputs[0]?.dims.length !== 3) return "this is no detector's output";
  if (second === cells) return "this may be a transposed YOLOv8, an end-to-end head, or YOLOX";
  if (typeof second === "number" && second <= END_TO_END_ROWS && typeof third === "number" && third < second) return "this looks like an end-to-end head or a DETR";
  return `no family here has this shape on an input of ${inputWidthPx}x${inputHeightPx}`;
}
