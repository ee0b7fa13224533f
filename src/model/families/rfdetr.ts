import type { ModelAdapter, Reading } from "../adapter.js";
import { floatOutput, requireNumber, type Decoder } from "../decode/decoder.js";
import { makeFinished } from "../decode/finished.js";
import { makeRanking } from "../decode/ranking.js";
import { isOne, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type InputLook, type ModelInfo } from "../info.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import { COCO_CLASSES, END_TO_END_ROWS } from "../usual.js";
import { shareBox } from "./rtdetr.js";

/** ImageNet's mean and deviation of R, G, B. Source: torchvision's documentation. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const LOOK: InputLook = { letterbox: { placement: "stretch", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255, normalisation: IMAGENET };

/** Ids of COCO's categories go up to 90; these ten are not in use, nor is 0. Source: cocodataset.org. */
const COCO_CATEGORIES = 91;
const UNUSED_COCO_IDS = [0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83];

/**
 * RF-DETR: boxes (1, queries, 4: centre form in shares of the picture) and logits (1, queries, classes). The sigmoid of each
 * logit that stands for a class is a score of its own: the best `queries` of all of them, then strictly above conf; no NMS.
 * Source: the rules of roboflow/rf-detr's `PostProcess`.
 */
export const rfdetr: ModelAdapter = {
  family: "rfdetr",
  reads: "rfdetr (boxes 1 x queries x 4, logits 1 x queries x classes)",
  recognise,
  makeDecoder: rfdetrDecoder,
};

function recognise({ inputs, outputs, hints, said }: HeadFacts): Reading[] {
  const isTold = hints.family === "rfdetr";
  if (inputs.length !== 1 || outputs.length !== 2 || said.task !== null || (hints.task ?? "detect") !== "detect") return [];
  const boxes = outputs.filter(({ dims }) => dims.length === 3 && isOne(dims[0]) && dims[2] === 4);
  const logits = outputs.find(({ name, dims }) => dims.length === 3 && (name === "labels" || name === "logits" || name === "pred_logits")) ?? outputs.find((output) => !boxes.includes(output));
  const found = boxes.find((output) => output !== logits);
  const [, queries, columns] = logits?.dims ?? [];
  if (!found || !logits || logits.dims.length !== 3 || typeof columns !== "number") return [];
  if (typeof queries === "number" && queries > END_TO_END_ROWS) return [];
  // Its own exporter's names; others name the same shapes otherwise and mean something else by them.
  const isNamed = found.name === "dets" && logits.name === "labels";
  if (!isNamed && !isTold) return [];
  const names = said.nameCount ?? hints.labelCount;
  const classMap = classMapOf(columns, names);
  const classCount = classMap ? Math.max(...classMap) + 1 : columns;
  return [{
    family: "rfdetr", task: "detect", classCount, head: { ...PLAIN_HEAD, ...(classMap && { classMap }) },
    outputNames: [found.name, logits.name], sizeInput: null, look: LOOK,
    because: isNamed ? "outputs dets and labels" : "its family was given", isSure: isTold || names === classCount || columns === COCO_CATEGORIES,
  }];
}

/** COCO's 91 category ids to its 80 classes; one logit more than names: the last is the background. */
function classMapOf(columns: number, names: number | null): number[] | undefined {
  if (columns === COCO_CATEGORIES && (names === null || names === COCO_CLASSES)) {
    let next = 0;
    return Array.from({ length: columns }, (_, id) => (UNUSED_COCO_IDS.includes(id) ? -1 : next++));
  }
  return names === columns - 1 ? Array.from({ length: columns }, (_, id) => (id < names ? id : -1)) : undefined;
}

function rfdetrDecoder(info: ModelInfo, limits: DetectLimits): Decoder {
  const { inputWidthPx, inputHeightPx, labels, head: { classMap } } = info;
  const columns = classMap?.length ?? labels.length;
  const sieve = makeSieve(limits);
  const ranking = makeRanking();
  const finished = makeFinished(info, limits, "input");
  const box = new Float32Array(4);
  // What a logit has to be above, a little less than exactly, so that the sigmoid decides.
  const floor = sieve.conf <= 0 ? -Infinity : Math.log(sieve.conf / (1 - sieve.conf)) - 1e-3;
  return {
    decode(outputs, letterbox) {
      const { data: logits, dims } = floatOutput(outputs, 1, [1, null, columns]);
      const queries = dims[1]!;
      const { data: boxes } = floatOutput(outputs, 0, [1, queries, 4]);
      ranking.clear(logits.length, sieve.conf);
      for (let at = 0; at < logits.length; at += 1) {
        const logit = logits[at]!;
        const classId = classMap?.[at % columns] ?? at % columns;
        if (classId < 0) continue;
        if (logit <= floor && logit !== -Infinity) continue;
        requireNumber(logit, "a score");
        ranking.add(Math.fround(1 / (1 + Math.exp(-logit))), (at - (at % columns)) / columns, classId);
      }
      finished.clear();
      let seen = 0;
      ranking.each((score, query, classId) => {
        seen += 1;
        if (seen > queries) return false;
        shareBox(boxes, query * 4, inputWidthPx, inputHeightPx, box);
        return finished.offer(box, score, classId, query, letterbox);
      });
      return finished.take(outputs, letterbox, () => undefined);
    },
  };
}
