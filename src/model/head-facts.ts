import type { Family, Task } from "./info.js";
import type { Dim, OnnxHeader, ValueInfo } from "./onnx-header.js";
import { parsePythonLiteral, type PythonValue } from "./python-literal.js";
import { anchorCount } from "./strides.js";

/** What somebody said about a model, besides the file itself. */
export interface Hints {
  /** A flag's or the sidecar's word. */
  readonly family: Family | null;
  readonly task: Task | null;
  /** Points of a pose and numbers of each. */
  readonly kptShape: readonly [number, number] | null;
  /** YOLOX: whether the graph has decoded its boxes. */
  readonly decoded: boolean | null;
  /** How many labels were given; null = none. */
  readonly labelCount: number | null;
}

/** Everything that adapters look at. */
export interface HeadFacts {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly hints: Hints;
  /** Ultralytics' metadata, parsed. */
  readonly said: SaidOfItself;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  /** Cells of the three grids that most YOLO heads have on this input. */
  readonly cells: number;
  /** Names of the operators in the graph. */
  readonly operators: ReadonlySet<string>;
}

/** What a model's metadata says, as far as Ultralytics' exporter (or one after its manner) wrote it. */
export interface SaidOfItself {
  /** `detect`, ... or another word that no family here knows; null = nothing. */
  readonly task: string | null;
  /** How many names there are; null = none. */
  readonly nameCount: number | null;
  readonly kptShape: readonly [number, number] | null;
  /** NMS, or a head without need of it, is in the graph. null = not said. */
  readonly isEndToEnd: boolean | null;
  /** `Ultralytics RTDETR-l model ...` and the class of the head, in lower case. */
  readonly words: string;
}

/** Reads a header for the adapters. */
export function headFacts(header: OnnxHeader, hints: Hints, inputWidthPx: number, inputHeightPx: number): HeadFacts {
  const { inputs, outputs, operators } = header;
  const cells = anchorCount(inputWidthPx, inputHeightPx);
  return { inputs, outputs, operators, hints, said: saidOfItself(header.metadata), inputWidthPx, inputHeightPx, cells };
}

function saidOfItself(metadata: ReadonlyMap<string, string>): SaidOfItself {
  const read = (key: string): PythonValue | undefined => {
    const text = metadata.get(key);
    return text === undefined ? undefined : parsePythonLiteral(text);
  };
  const [names, args, end2end] = [read("names"), read("args"), read("end2end")];
  const nms = args instanceof Map ? args.get("nms") : undefined;
  return {
    task: metadata.get("task") ?? null,
    nameCount: names instanceof Map && names.size > 0 ? names.size : Array.isArray(names) && names.length > 0 ? names.length : null,
    kptShape: pair(read("kpt_shape")),
    isEndToEnd: end2end === true || nms === true ? true : end2end === false ? false : null,
    words: `${metadata.get("description") ?? ""} ${metadata.get("head") ?? ""}`.toLowerCase(),
  };
}

function pair(value: PythonValue | undefined): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [points, values] = value;
  const fits = typeof points === "number" && Number.isInteger(points) && points > 0 && points <= MOST_KEYPOINTS && (values === 2 || values === 3);
  return fits ? [points, values] : null;
}

/** More points than any skeleton has. */
const MOST_KEYPOINTS = 1000;

/** The task that was said: a person's word before the model's. */
export function taskOf({ hints, said }: HeadFacts): string | null {
  return hints.task ?? said.task;
}

/** A batch of one, or of any size. */
export function isOne(batch: Dim | undefined): boolean {
  return batch === 1 || typeof batch === "string";
}

/** The outputs with so many sides, the first of which is a batch of one. */
export function ofRank({ outputs }: Pick<HeadFacts, "outputs">, rank: number): readonly ValueInfo[] {
  return outputs.filter(({ dims }) => dims.length === rank && isOne(dims[0]));
}

/** Mask prototypes: coefficients x height x width of one output with four sides. */
export function prototypes(facts: HeadFacts): { readonly name: string; readonly count: number } | undefined {
  const [proto, ...others] = ofRank(facts, 4);
  const count = proto?.dims[1];
  return proto && others.length === 0 && typeof count === "number" ? { name: proto.name, count } : undefined;
}
