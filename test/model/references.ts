import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DetectionBatch } from "../../src/core/detections.js";
import type { RuntimeWish } from "../../src/core/devices.js";
import { letterboxFor, makeDecoder, type DetectLimits, type ModelInfo, type ModelOutput } from "../../src/model/index.js";
import { chooseRuntime, openRuntimeSession } from "../../src/pool/index.js";
import { project } from "../support/paths.js";
import { judge, judgeClasses, type Expected, type PictureSize } from "./judge.js";

/** A tensor as a reference tells of it. */
export interface ReferenceTensor {
  readonly name: string;
  /** As the file says, free sides by name. */
  readonly dims: readonly (number | string)[];
  readonly dtype: string;
  /** As it was when the reference was made. */
  readonly runDims: readonly number[];
  /** All numbers of it, where the reference is one of those that are committed. */
  readonly values?: readonly number[];
}

/** What `references/make_references.py` wrote of one model. */
export interface Reference {
  readonly name: string;
  readonly family: string;
  readonly task: string;
  readonly source: { readonly package: string; readonly version: string; readonly licence: string };
  readonly picture: PictureSize;
  readonly inputs: readonly ReferenceTensor[];
  readonly outputs: readonly ReferenceTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly operators: readonly string[];
  readonly sidecar: { readonly labels: readonly string[] } | null;
  readonly limits: { readonly iou: number; readonly maxDetections: number; readonly agnostic: boolean };
  /** By the score that must be exceeded. Of a classifier the probabilities of all classes. */
  readonly answers: Readonly<Record<string, readonly Expected[] | readonly number[]>>;
}

/** Where the references are made; see references/README.md. */
export const referencesFolder =
  process.env["SIGHTLINE_REFERENCES"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "sightline", "references");

/** The folder of those that are committed: raw outputs and answers, without models. */
const COMMITTED = project("test", "model", "references", "answers");

function referencesIn(folder: string): Reference[] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : [];
  return names.sort().map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Reference);
}

export const committedReferences = (): Reference[] => referencesIn(COMMITTED);
export const cachedReferences = (): Reference[] => referencesIn(referencesFolder);

/** Skips the running test, in words, when no references have been made. Returns whether it may go on. */
export function requireReferences(t: TestContext, references: readonly Reference[]): boolean {
  if (references.length > 0) return true;
  t.skip(`SKIPPED: no references in ${referencesFolder}; npm run references makes them (6 GB, some minutes)`);
  return false;
}

/** Floats of a file. */
export function floatsOf(path: string): Float32Array<ArrayBuffer> {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** A reference's input, as its authors' code filled it, and its raw outputs. */
export function cachedInput({ name, inputs }: Reference): Float32Array {
  return floatsOf(join(referencesFolder, `${name}.in.${inputs[0]!.name}.bin`));
}

/** By name of the output. */
export function outputsOf(reference: Reference): ReadonlyMap<string, ModelOutput> {
  return new Map(reference.outputs.map((tensor) => [tensor.name, { data: numbersOf(reference.name, tensor), dims: tensor.runDims }]));
}

function numbersOf(name: string, { name: output, dtype, values }: ReferenceTensor): ModelOutput["data"] {
  if (values) return dtype === "int64" ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
  const floats = floatsOf(join(referencesFolder, `${name}.out.${output}.bin`));
  return dtype === "int64" ? new BigInt64Array(floats.buffer) : floats;
}

export function limitsOf({ limits }: Pick<Reference, "limits">, conf: string): DetectLimits {
  return { ...limits, conf: Number(conf), classIds: null };
}

/** What our decoder makes of raw outputs. */
export function decodeOutputs(info: ModelInfo, outputs: ReadonlyMap<string, ModelOutput>, picture: PictureSize, limits: DetectLimits): DetectionBatch {
  const box = letterboxFor(info.letterbox, info.inputWidthPx, info.inputHeightPx, picture.widthPx, picture.heightPx);
  const wanted = info.outputNames.map((name) => outputs.get(name) ?? { data: new Float32Array(0), dims: [] });
  return makeDecoder(info, limits).decode(wanted, box);
}

/** Runs a model on an input that is filled already, and decodes its outputs once for each of the limits. */
export async function runAndDecode(info: ModelInfo, input: Float32Array, picture: PictureSize, limits: readonly DetectLimits[], wish: RuntimeWish = {}): Promise<DetectionBatch[]> {
  await using session = await openRuntimeSession({ ...info, ...chooseRuntime(wish), intraOpThreads: 1 });
  // OpenVINO is given bytes: an input that was made of some is one again.
  session.input.set(session.live.runtime === "openvino" ? input.map((value) => Math.round(value / info.scale)) : input);
  const read = (outputs: readonly ModelOutput[]): DetectionBatch[] => {
    const named = new Map(outputs.map((output, i) => [info.outputNames[i]!, output]));
    return limits.map((each) => decodeOutputs(info, named, picture, each));
  };
  return await session.run(read, picture);
}

/** What is wrong with a batch, whatever the task; at most a few faults. */
export function faultsOf(found: DetectionBatch, answer: Reference["answers"][string], picture: PictureSize): string[] {
  const isClasses = (numbers: typeof answer): numbers is readonly number[] => typeof numbers[0] === "number";
  const faults = isClasses(answer) ? judgeClasses(found, answer) : judge(found, answer, picture);
  return faults.slice(0, 5);
}
