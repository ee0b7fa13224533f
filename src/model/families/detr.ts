import { PipelineError } from "../../core/errors.js";
import type { ModelAdapter, Reading } from "../adapter.js";
import { classOf, floatOutput, requireShape, type Decoder, type ModelOutput } from "../decode/decoder.js";
import { makeFinished } from "../decode/finished.js";
import { makeRanking } from "../decode/ranking.js";
import { isOne, type HeadFacts } from "../head-facts.js";
import { PLAIN_HEAD, type InputLook, type ModelInfo, type SizeInput } from "../info.js";
import { makeSieve, type DetectLimits } from "../limits.js";
import type { ValueInfo } from "../onnx-header.js";

/** Pulled over the whole input, no mean and deviation. A sidecar can name them (DEIMv2 from S on has ImageNet's). */
const LOOK: InputLook = { letterbox: { placement: "stretch", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 };

/**
 * RT-DETR, D-FINE, DEIM as their authors deploy them: a second input takes the picture's own width and height; outputs
 * labels (1, queries), boxes (1, queries, 4: corners in source px) and scores (1, queries), best first.
 * Source: the deploy postprocessors of lyuwenyu/RT-DETR and Peterande/D-FINE.
 */
export const detr: ModelAdapter = {
  family: "detr",
  reads: "detr (RT-DETR, D-FINE, DEIM with two inputs: labels, boxes, scores)",
  recognise,
  makeDecoder: detrDecoder,
};

function recognise({ inputs, outputs, hints, said }: HeadFacts): Reading[] {
  const sizes = inputs.filter(({ dims }) => dims.length === 2 && isOne(dims[0]) && (dims[1] === 2 || typeof dims[1] === "string"));
  const sizeInput = sizes.length === 1 ? sizeInputOf(sizes[0]!) : undefined;
  if (inputs.length !== 2 || outputs.length !== 3 || sizeInput === undefined || (hints.task ?? "detect") !== "detect") return [];
  const boxes = outputs.find(({ dims }) => dims.length === 3 && dims[2] === 4) ?? outputs.find(({ name }) => name === "boxes");
  const flat = outputs.filter((output) => output !== boxes && output.dims.length <= 2);
  const labels = flat.find(({ dtype }) => dtype === "int64" || dtype === "int32");
  const scores = flat.find(({ dtype }) => dtype === "float32" || dtype === "float16");
  if (!boxes || !labels || !scores) return [];
  return [{
    family: "detr", task: "detect", classCount: said.nameCount ?? hints.labelCount, head: PLAIN_HEAD,
    outputNames: [labels.name, boxes.name, scores.name], sizeInput, look: LOOK,
    because: `a second input for the picture's size (${sizeInput.name}), outputs labels, boxes, scores`, isSure: true,
  }];
}

function sizeInputOf({ name, dtype }: ValueInfo): SizeInput | undefined {
  return dtype === "int64" || dtype === "float32" ? { name, type: dtype } : undefined;
}

function detrDecoder(info: ModelInfo, limits: DetectLimits): Decoder {
  const sieve = makeSieve(limits);
  const ranking = makeRanking();
  const { inputWidthPx, inputHeightPx, letterbox: { placement } } = info;
  // The graph takes the input for the whole picture, stretched. Where a sidecar has it fitted otherwise, what it says is put back into the input first.
  const isStretched = placement === "stretch";
  const finished = makeFinished(info, limits, isStretched ? "source" : "input");
  const box = new Float32Array(4);
  return {
    decode(outputs, letterbox) {
      const { data: scores, dims } = floatOutput(outputs, 2, [1, null]);
      const queries = dims[1]!;
      const { data: boxes } = floatOutput(outputs, 1, [1, queries, 4]);
      const classIds = wholeNumbers(outputs[0], queries);
      ranking.clear(queries, sieve.conf);
      for (let query = 0; query < queries; query += 1) ranking.add(scores[query]!, query, classOf(classIds[query]!));
      finished.clear();
      const [across, down] = isStretched ? [1, 1] : [inputWidthPx / letterbox.sourceWidthPx, inputHeightPx / letterbox.sourceHeightPx];
      ranking.each((score, query, classId) => {
        for (let side = 0; side < 4; side += 1) box[side] = boxes[query * 4 + side]! * (side % 2 === 0 ? across : down);
        return finished.offer(box, score, classId, query, letterbox);
      });
      return finished.take(outputs, letterbox, () => undefined);
    },
  };
}

function wholeNumbers(output: ModelOutput | undefined, queries: number): BigInt64Array | Int32Array {
  requireShape(output, [1, queries]);
  if (!output || output.data instanceof Float32Array) throw new PipelineError("E_MODEL_OUTPUT", "the labels are no whole numbers");
  return output.data;
}
