import { describeModel, type GivenLabels, type ModelFacts, type OnnxHeader } from "../../src/model/index.js";

export type Dims = readonly (number | string)[];

export interface Shapes {
  readonly input?: Dims;
  readonly outputs: readonly Dims[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export const INPUT_640: Dims = [1, 3, 640, 640];
export const DETECT = { task: "detect", stride: "32" } as const;

export function headerOf({ input = INPUT_640, outputs, metadata = {} }: Shapes): OnnxHeader {
  return {
    producer: "test",
    opset: 17,
    inputs: [{ name: "images", dtype: "float32", dims: input }],
    outputs: outputs.map((dims, i) => ({ name: `output${i}`, dtype: "float32", dims })),
    metadata: new Map(Object.entries(metadata)),
    operators: new Set(),
  };
}

export function describe(shapes: Shapes, given: Partial<ModelFacts> = {}) {
  const header = given.header ?? headerOf(shapes);
  return describeModel({
    path: "/m/model.onnx",
    name: "model",
    sha256: "0123456789abcdef",
    sidecar: null,
    asked: { family: null, task: null, labels: null, imgsz: null },
    ...given,
    header,
  });
}

export const asking = (labels: GivenLabels): Pick<ModelFacts, "asked"> => ({ asked: { family: null, task: null, labels, imgsz: null } });

export const only = (...dims: (number | string)[]): Shapes => ({ outputs: [dims] });
