import { writeOnnx, type OnnxConstant, type OnnxModel, type OnnxNode, type OnnxValue } from "../../src/numbered/onnx-writer.js";

/*
 * A tiny model for each family and task: 64 px, the same answer to every picture. All of them see the same objects in a
 * picture of 128 x 64 px, at which they were made to look through the pre-processing of their family.
 */

/** Size of the picture that the objects are in, px: not square, so that a forgotten letterbox shows. */
export const TINY_PICTURE = { widthPx: 128, heightPx: 64 } as const;
export const TINY_LABELS = ["car", "bus", "van"] as const;
/** Side of the input, px. */
const SIDE = 64;
/** Grids of 8, 16 and 32 px. */
const CELLS = 8 * 8 + 4 * 4 + 2 * 2;
const CLASSES = TINY_LABELS.length;

export interface TinyModel {
  readonly name: string;
  readonly model: OnnxModel;
}

/** x1, y1, x2, y2. */
type Box = readonly [number, number, number, number];
interface TinyObject {
  readonly classId: number;
  readonly score: number;
  /** Source px. */
  readonly box: Box;
  /** x, y in source px, and a score. */
  readonly points: readonly (readonly [number, number, number])[];
  /** Which of the mask prototypes is its mask. */
  readonly mask: number;
}

const BUS: TinyObject = { classId: 1, score: 0.9, box: [16, 8, 48, 40], points: [[20, 12, 0.875], [32, 24, 0.5], [44, 36, 0.25]], mask: 0 };
const CAR: TinyObject = { classId: 0, score: 0.6, box: [80, 16, 112, 48], points: [[84, 20, 1], [96, 32, 0.75], [108, 44, 0]], mask: 1 };
/** Suppressed by the bus where the model leaves that to us. */
const TWIN: TinyObject = { ...BUS, score: 0.7, box: [17, 8, 49, 40] };
/** Below the usual threshold. */
const FAINT: TinyObject = { ...CAR, classId: 2, score: 0.2, box: [8, 8, 24, 24] };
const FINISHED = [BUS, CAR, FAINT];
const RAW = [FAINT, CAR, TWIN, BUS];

/** Turned boxes: centre, width, height in source px, radians. */
const TURNED = [
  { ...BUS, turned: [64, 32, 40, 20, Math.PI / 6] },
  { ...CAR, turned: [104, 48, 16, 16, 0] },
  { ...TWIN, turned: [64.5, 32, 40, 20, Math.PI / 6] },
] as const;

/** Letterbox with the content in the middle: 128 x 64 becomes 64 x 32, 16 px from the top. */
const centred = ([x1, y1, x2, y2]: Box): Box => [x1 / 2, y1 / 2 + 16, x2 / 2, y2 / 2 + 16];
const topLeft = ([x1, y1, x2, y2]: Box): Box => [x1 / 2, y1 / 2, x2 / 2, y2 / 2];
const shares = ([x1, y1, x2, y2]: Box): Box => [x1 / 128, y1 / 64, x2 / 128, y2 / 64];
const centreForm = ([x1, y1, x2, y2]: Box): Box => [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];

const scoresOf = ({ classId, score }: TinyObject): number[] => TINY_LABELS.map((_, id) => (id === classId ? score : 0));
const pointsOf = ({ points }: TinyObject): number[] => points.flatMap(([x, y, score]) => [x / 2, y / 2 + 16, score]);
const COEFFICIENTS = 2;
const coefficientsOf = ({ mask }: TinyObject): number[] => Array.from({ length: COEFFICIENTS }, (_, i) => (i === mask ? 3 : 0));

/** Rows as given, then nothing but zeros. */
function rows(count: number, columns: number, known: readonly (readonly number[])[]): Float32Array {
  const values = new Float32Array(count * columns);
  known.forEach((row, i) => values.set(row, i * columns));
  return values;
}

/** The same the other way round: (columns, count). */
function channelFirst(count: number, columns: number, known: readonly (readonly number[])[]): Float32Array {
  const upright = rows(count, columns, known);
  return upright.map((_, i) => upright[(i % count) * columns + Math.floor(i / count)]!);
}

/** Prototypes of 16 x 16: all inside; the left half of the picture up to x = 96 source px, which is 48 of the input. */
function prototypes(): Float32Array {
  const side = SIDE / 4;
  return Float32Array.from({ length: COEFFICIENTS * side * side }, (_, i) => (i < side * side || i % side < 12 ? 1 : -1));
}

interface Output {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
  /** Free sides by name, where the file says another shape than the run has. */
  readonly shown?: readonly (number | string)[];
}

const output0 = (dims: readonly number[], values: Float32Array): Output => ({ name: "output0", dims, values });
const output1: Output = { name: "output1", dims: [1, COEFFICIENTS, SIDE / 4, SIDE / 4], values: prototypes() };

const IMAGES: OnnxValue = { name: "images", dims: [1, 3, SIDE, SIDE] };

function constant(name: string, outputs: readonly Output[], metadata: Readonly<Record<string, string>>, inputs: readonly OnnxValue[] = [IMAGES]): TinyModel {
  const nodes = outputs.map((output): OnnxNode => ({ op: "Identity", inputs: [`${output.name}_values`], outputs: [output.name] }));
  return { name, model: { name, nodes, constants: outputs.map(constantOf), inputs, outputs: outputs.map(valueOf), metadata } };
}

const constantOf = ({ name, dims, values }: Output): OnnxConstant => ({ name: `${name}_values`, dims, values });
const valueOf = ({ name, dims, values, shown = dims }: Output): OnnxValue => ({ name, dims: shown, dtype: values instanceof Float32Array ? "float32" : "int64" });

const NAMES = `{${TINY_LABELS.map((label, id) => `${id}: '${label}'`).join(", ")}}`;
const said = (task: string, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  description: "tiny", task, stride: "32", batch: "1", imgsz: `[${SIDE}, ${SIDE}]`, names: NAMES, end2end: "False", ...more,
});
const KPT_SHAPE = { kpt_shape: "[3, 3]" };

function yolov8(): TinyModel[] {
  const row = (object: TinyObject, extras: readonly number[] = []): number[] => [...centreForm(centred(object.box)), ...scoresOf(object), ...extras];
  const head = (known: readonly (readonly number[])[]): Output => output0([1, known[0]!.length, CELLS], channelFirst(CELLS, known[0]!.length, known));
  const detect = head(RAW.map((object) => row(object)));
  const turned = TURNED.map(({ turned: [x, y, width, height, angle], ...object }) => [x / 2, y / 2 + 16, width / 2, height / 2, ...scoresOf(object), angle]);
  const free = { ...IMAGES, dims: ["batch", 3, "height", "width"] };
  return [
    constant("yolov8-detect", [detect], said("detect")),
    constant("yolov8-segment", [head(RAW.map((object) => row(object, coefficientsOf(object)))), output1], said("segment")),
    constant("yolov8-pose", [head(RAW.map((object) => row(object, pointsOf(object))))], said("pose", KPT_SHAPE)),
    constant("yolov8-obb", [head(turned)], said("obb")),
    constant("yolov8-classify", [output0([1, CLASSES], Float32Array.of(0.25, 0.625, 0.125))], said("classify")),
    constant("yolov8-detect-f16", [detect], said("detect"), [{ ...IMAGES, dtype: "float16" }]),
    constant("yolov8-detect-u8", [detect], said("detect"), [{ ...IMAGES, dtype: "uint8" }]),
    constant("yolov8-detect-dynamic", [{ ...detect, shown: ["batch", 4 + CLASSES, "anchors"] }], said("detect"), [free]),
  ];
}

function yolov5(): TinyModel[] {
  const OBJECTNESS = 0.96;
  const row = (object: TinyObject, extras: readonly number[] = []): number[] => {
    // The product of both is the score.
    const classes = scoresOf(object).map((score) => score / OBJECTNESS);
    return [...centreForm(centred(object.box)), OBJECTNESS, ...classes, ...extras];
  };
  const head = (known: readonly (readonly number[])[]): Output => output0([1, 3 * CELLS, known[0]!.length], rows(3 * CELLS, known[0]!.length, known));
  // All that its exporter writes.
  const metadata = { stride: "32", names: NAMES };
  return [
    constant("yolov5-detect", [head(RAW.map((object) => row(object)))], metadata),
    constant("yolov5-segment", [head(RAW.map((object) => row(object, coefficientsOf(object)))), output1], metadata),
  ];
}

function end2end(): TinyModel[] {
  const row = (object: TinyObject, extras: readonly number[] = []): number[] => [...centred(object.box), object.score, object.classId, ...extras];
  const head = (known: readonly (readonly number[])[]): Output => output0([1, 20, known[0]!.length], rows(20, known[0]!.length, known));
  const turned = TURNED.slice(0, 2).map(({ turned: [x, y, width, height, angle], score, classId }) => [x / 2, y / 2 + 16, width / 2, height / 2, score, classId, angle]);
  const ended = { end2end: "True" };
  return [
    constant("end2end-detect", [head(FINISHED.map((object) => row(object)))], said("detect", ended)),
    constant("end2end-segment", [head(FINISHED.map((object) => row(object, coefficientsOf(object)))), output1], said("segment", ended)),
    constant("end2end-pose", [head(FINISHED.map((object) => row(object, pointsOf(object))))], said("pose", { ...ended, ...KPT_SHAPE })),
    constant("end2end-obb", [head(turned)], said("obb", ended)),
    constant("nms-detect", [head(FINISHED.map((object) => row(object)))], said("detect", { args: "{'nms': True}" })),
  ];
}

/** Without metadata, as Megvii exports it. Its boxes' cells: the first grid, 8 px. */
function yolox(): TinyModel[] {
  const raw = rows(CELLS, 5 + CLASSES, []);
  const decoded = rows(CELLS, 5 + CLASSES, []);
  for (const object of RAW) {
    const [x, y, width, height] = centreForm(topLeft(object.box));
    const [column, line] = [Math.floor(x / 8), Math.floor(y / 8)];
    // The twin has the bus's cell: one further is as good.
    const cell = line * 8 + column + (object === TWIN ? 1 : 0);
    const classes = [1, ...scoresOf(object)];
    raw.set([x / 8 - (cell % 8), y / 8 - line, Math.log(width / 8), Math.log(height / 8), ...classes], cell * (5 + CLASSES));
    decoded.set([x, y, width, height, ...classes], cell * (5 + CLASSES));
  }
  const dims = [1, CELLS, 5 + CLASSES];
  // The operator that tells of the decoding.
  const exp: OnnxModel = {
    name: "yolox-decoded",
    nodes: [{ op: "Exp", inputs: ["logs"], outputs: ["output"] }],
    constants: [{ name: "logs", dims, values: decoded.map(Math.log) }],
    inputs: [IMAGES],
    outputs: [{ name: "output", dims }],
    metadata: {},
  };
  return [constant("yolox", [{ name: "output", dims, values: raw }], {}), { name: exp.name, model: exp }];
}

function detrs(): TinyModel[] {
  const QUERIES = 10;
  const sharesOf = (object: TinyObject): Box => centreForm(shares(object.box));
  const best = FINISHED.map((object) => [...sharesOf(object), object.score, object.classId]);
  const all = FINISHED.map((object) => [...sharesOf(object), ...scoresOf(object)]);
  const logit = (score: number): number => (score === 0 ? -20 : Math.log(score / (1 - score)));
  const logits = rows(QUERIES, CLASSES, []).fill(-20);
  FINISHED.forEach((object, i) => logits.set(scoresOf(object).map(logit), i * CLASSES));
  const word = { description: "Ultralytics RT-DETR-l model", head: "RTDETRDecoder" };
  return [
    constant("rtdetr", [output0([1, QUERIES, 6], rows(QUERIES, 6, best))], said("detect", word)),
    constant("rtdetr-classes", [output0([1, QUERIES, 4 + CLASSES], rows(QUERIES, 4 + CLASSES, all))], said("detect", word)),
    constant("rfdetr", [
      { name: "dets", dims: [1, QUERIES, 4], values: rows(QUERIES, 4, FINISHED.map(sharesOf)) },
      { name: "labels", dims: [1, QUERIES, CLASSES], values: logits },
    ], {}, [{ ...IMAGES, name: "input" }]),
    twoInputs("detr", "int64"),
    twoInputs("detr-float-size", "float32"),
  ];
}

/** The boxes are made of the size that is given, so that a forgotten or a turned round one shows. */
function twoInputs(name: string, dtype: "int64" | "float32"): TinyModel {
  const count = FINISHED.length;
  return {
    name,
    model: {
      name,
      nodes: [
        { op: "Cast", inputs: ["orig_target_sizes"], outputs: ["size"], int: { to: 1 } },
        { op: "Concat", inputs: ["size", "size"], outputs: ["sides"], int: { axis: 1 } },
        { op: "Mul", inputs: ["shares", "sides"], outputs: ["boxes"] },
        { op: "Identity", inputs: ["labels_values"], outputs: ["labels"] },
        { op: "Identity", inputs: ["scores_values"], outputs: ["scores"] },
      ],
      constants: [
        { name: "shares", dims: [1, count, 4], values: rows(count, 4, FINISHED.map(({ box }) => shares(box))) },
        { name: "labels_values", dims: [1, count], values: BigInt64Array.from(FINISHED, ({ classId }) => BigInt(classId)) },
        { name: "scores_values", dims: [1, count], values: Float32Array.from(FINISHED, ({ score }) => score) },
      ],
      inputs: [IMAGES, { name: "orig_target_sizes", dims: [1, 2], dtype }],
      outputs: [{ name: "labels", dims: [1, count], dtype: "int64" }, { name: "boxes", dims: [1, count, 4] }, { name: "scores", dims: [1, count] }],
      metadata: {},
    },
  };
}

export function tinyModels(): TinyModel[] {
  return [...yolov8(), ...yolov5(), ...end2end(), ...yolox(), ...detrs()];
}

export function tinyBytes({ model }: TinyModel): Uint8Array {
  return writeOnnx(model);
}
