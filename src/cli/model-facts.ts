import type { DescribedModel, LabelsFrom, ModelInfo } from "../model/index.js";
import { megabytes } from "./pull.js";

/** Where labels come from, in words. */
const LABELS_FROM: Readonly<Record<LabelsFrom, string>> = {
  metadata: "from the model's own metadata",
  sidecar: "from the sidecar or the registry",
  file: "from the file of --labels",
  coco: "COCO's, since it has 80 classes or somebody says so",
  numbers: "nobody names them",
};

/** A model that takes half precision has weights of it. */
const BYTES_PER_WEIGHT = { float32: 4, float16: 2, uint8: 4 };
/** Multiplications and additions of a YOLO for each weight at 640 x 640 px. Source: what the papers of YOLOX, YOLOv8 and YOLO11 give, 2.6 to 3.8. */
const FLOP_PER_WEIGHT = 3000;
const USUAL_AREA_PX = 640 * 640;
const GIGA = 1e9;
/** Up to how many GFLOP a picture a model counts as such. */
const SPEED_CLASSES = [
  [3, "very light: many pictures a second on one core"],
  [12, "light: for live pictures on a few cores"],
  [40, "medium: for a few pictures a second on a core"],
  [120, "heavy: wants a graphics processor for live pictures"],
  [Infinity, "very heavy: wants a graphics processor"],
] as const;

/** What a model's file says of itself, for people and as JSON. */
export interface ModelFacts {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly lines: readonly (readonly [what: string, words: string])[];
}

/** Puts together what is known of a model. `bytes`: its file's; `runtime`: what runs it here, or why nothing does. Pure. */
export function modelFacts({ info, because, others, notices }: DescribedModel, bytes: number, runtime: string): ModelFacts {
  const { id, path, sha256, family, task, head, inputName, inputType, sizeInput, inputWidthPx, inputHeightPx, outputNames, labels, labelsFrom } = info;
  const { channels, scale, letterbox, normalisation } = info;
  const speed = speedClass(info, bytes);
  const picture = { name: inputName, type: inputType, widthPx: inputWidthPx, heightPx: inputHeightPx, channels, scale, letterbox, ...(normalisation && { normalisation }) };
  return {
    facts: { id, path, sha256, bytes, family, task, because, others, head, inputs: [picture, ...(sizeInput ? [sizeInput] : [])], outputs: outputNames, labels, labelsFrom, notices, runtime, speed },
    lines: [
      ["model", id],
      ["file", `${path} (${megabytes(bytes)}, sha256 ${sha256})`],
      ["family", `${family} (${because})`],
      ["task", task],
      ["else", others.length > 0 ? `by its shapes alone it could also be ${others.join(", ")}` : "nothing else here has its shapes"],
      ["input", `${inputName}: ${inputWidthPx}x${inputHeightPx} px (width x height) ${inputType}, ${pixelText(info)}${sizeInput ? `; ${sizeInput.name}: size of the picture, ${sizeInput.type}` : ""}`],
      ["outputs", `${outputNames.join(", ")}${headText(info)}`],
      ["labels", `${labels.length}, ${LABELS_FROM[labelsFrom]}${labels.length > 0 ? `: ${labels.join(", ")}` : ""}`],
      ["speed", `about ${speed.gflop} GFLOP a picture, ${speed.words}; exactly: sightline bench --model M`],
      ["runtime", runtime],
      ...notices.map((notice) => ["note", notice] as const),
    ],
  };
}

function pixelText({ channels, scale, letterbox: { placement }, normalisation }: ModelInfo): string {
  const fit = placement === "stretch" || placement === "centre-crop" ? placement : `${placement} letterbox`;
  const normal = normalisation ? `, less ${normalisation.mean.join("/")}, by ${normalisation.std.join("/")}` : "";
  return `${channels.toUpperCase()}, times ${scale === 1 ? "1" : "1/255"}${normal}, ${fit}`;
}

/** What the outputs hold beyond boxes. */
function headText({ head: { keypoints, maskCoefficients, isDecoded } }: ModelInfo): string {
  const parts = [keypoints > 0 ? `${keypoints} keypoints` : "", maskCoefficients > 0 ? `masks of ${maskCoefficients} coefficients` : "", isDecoded ? "decoded in the graph" : ""].filter(Boolean);
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

/** Estimated by the size of the weights and of the picture, so no more than a class. */
function speedClass({ inputWidthPx, inputHeightPx, inputType }: ModelInfo, bytes: number): { gflop: number; words: string } {
  const gflop = ((bytes / BYTES_PER_WEIGHT[inputType]) * FLOP_PER_WEIGHT * ((inputWidthPx * inputHeightPx) / USUAL_AREA_PX)) / GIGA;
  const words = SPEED_CLASSES.find(([most]) => gflop <= most)?.[1] ?? "";
  return { gflop: Number(gflop.toPrecision(2)), words };
}
