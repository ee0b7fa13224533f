import type { ModelAdapter, Reading } from "../adapter.js";
import { classOf, floatOutput, requireNumber, type Decoder } from "../decode/decoder.js";
import { makeFinished } from "../decode/finished.js";
import { makeRanking } from "../decode/ranking.js";
import { isOne, taskOf, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type InputLook, type ModelInfo } from "../info.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import { COCO_CLASSES, END_TO_END_ROWS, PERSON_POINTS } from "../usual.js";

/** Pulled over the whole input. */
const LOOK: InputLook = { letterbox: { placement: "stretch", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 };
/** Centre x, centre y, width, height in shares of the picture. */
const BOX_VALUES = 4;
/** A row of the newer form: the box, its score, its class. */
const ROW_VALUES = 6;
/** Columns that end-to-end heads of other families have. */
const OTHERS_COLUMNS = [ROW_VALUES, ROW_VALUES + 1, ROW_VALUES + 32, ROW_VALUES + PERSON_POINTS[0] * PERSON_POINTS[1]];

/**
 * RT-DETR as Ultralytics exports it: (1, queries, 4 + classes), scores through the sigmoid; or, newer, (1, queries, 6) with
 * the best class chosen. Boxes in shares of the picture. Score strictly above conf; no NMS.
 * Source: the rules of Ultralytics' `RTDETRPredictor`.
 */
export const rtdetr: ModelAdapter = {
  family: "rtdetr",
  reads: "rtdetr (RT-DETR as Ultralytics exports it: 1 x queries x 4+classes, or 6)",
  recognise,
  makeDecoder: (info, limits) => rtdetrDecoder(info, limits),
};

function recognise(facts: HeadFacts): Reading[] {
  const { outputs, hints, said } = facts;
  const [output] = outputs;
  const [batch, queries, columns] = output?.dims ?? [];
  if (!output || outputs.length !== 1 || output.dims.length !== 3 || !isOne(batch) || typeof columns !== "number" || columns <= BOX_VALUES) return [];
  const isNamed = said.words.includes("rtdetr") || said.words.includes("rt-detr");
  const isTold = isNamed || hints.family === "rtdetr";
  if ((typeof queries === "number" && queries > END_TO_END_ROWS) || (taskOf(facts) ?? "detect") !== "detect") return [];
  if (typeof queries === "string" && !isTold) return [];
  const names = said.nameCount ?? hints.labelCount;
  const made = (classCount: number | null, isDecoded: boolean): Reading => ({
    family: "rtdetr", task: "detect", classCount, head: { ...PLAIN_HEAD, isDecoded }, outputNames: [output.name], sizeInput: null, look: LOOK,
    because: isNamed ? "metadata: RT-DETR" : isTold ? "its family was given" : "the shape of its output",
    isSure: isTold || columns === BOX_VALUES + COCO_CLASSES || names === columns - BOX_VALUES,
  });
  const isRows = columns === ROW_VALUES && (names !== ROW_VALUES - BOX_VALUES || said.isEndToEnd === true);
  if (isTold) return [isRows ? made(names, true) : made(columns - BOX_VALUES, false)];
  if (said.isEndToEnd === true) return [];
  if (columns >= Number(queries) || queries === facts.cells || queries === 3 * facts.cells) return [];
  // Of others' exports too: then only as many names as columns speak for it.
  if (said.task !== null || OTHERS_COLUMNS.includes(columns)) return names === columns - BOX_VALUES ? [made(names, false)] : [];
  return [made(columns - BOX_VALUES, false)];
}

function rtdetrDecoder(info: ModelInfo, limits: DetectLimits): Decoder {
  const { inputWidthPx, inputHeightPx, labels, head } = info;
  const columns = head.isDecoded ? ROW_VALUES : BOX_VALUES + labels.length;
  const sieve = makeSieve(limits);
  const ranking = makeRanking();
  const finished = makeFinished(info, limits, "input");
  const box = new Float32Array(BOX_VALUES);
  return {
    decode(outputs, letterbox) {
      const { data } = floatOutput(outputs, 0, [1, null, columns]);
      ranking.clear(data.length / columns, sieve.conf);
      for (let at = 0, query = 0; at < data.length; at += columns, query += 1) {
        if (head.isDecoded) ranking.add(data[at + BOX_VALUES]!, query, classOf(data[at + BOX_VALUES + 1]!));
        else ranking.addBest(data, at + BOX_VALUES, labels.length, query);
      }
      finished.clear();
      ranking.each((score, query, classId) => {
        shareBox(data, query * columns, inputWidthPx, inputHeightPx, box);
        return finished.offer(box, score, classId, query, letterbox);
      });
      return finished.take(outputs, letterbox, () => undefined);
    },
  };
}

/** Centre form in shares of the input to corners in input px, in float32. */
export function shareBox(data: Float32Array, at: number, widthPx: number, heightPx: number, box: Float32Array): void {
  const [x, y, halfWidth, halfHeight] = [data[at]!, data[at + 1]!, data[at + 2]! / 2, data[at + 3]! / 2];
  requireNumber(x + y + halfWidth + halfHeight, "a box");
  box[0] = Math.fround(x - halfWidth) * widthPx;
  box[1] = Math.fround(y - halfHeight) * heightPx;
  box[2] = Math.fround(x + halfWidth) * widthPx;
  box[3] = Math.fround(y + halfHeight) * heightPx;
}
