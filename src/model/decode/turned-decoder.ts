import { makeSieve, type DetectLimits } from "../limits.js";
import { makeCandidates } from "./candidates.js";
import { requireNumber, type Decoder, type FloatOutput } from "./decoder.js";
import { ranked, type HeadReader } from "./greedy.js";
import { makeTurnedBatch } from "./turned-batch.js";
import { makeTurnedNms, TURNED_VALUES } from "./turned.js";

/** Decoder of a head of turned boxes whose candidates overlap. `angleOf` gives radians. */
export function turnedDecoder(reader: HeadReader, angleOf: (output: FloatOutput, anchor: number) => number, limits: DetectLimits, classOffsetPx: number): Decoder {
  const sieve = makeSieve(limits);
  const nms = makeTurnedNms({ ...limits, classOffsetPx });
  const batch = makeTurnedBatch(limits);
  const upright = new Float32Array(4);
  const candidates = makeCandidates();
  return {
    decode(outputs, letterbox) {
      const { output, count } = ranked(reader, outputs, sieve, candidates);
      batch.clear();
      const read = (candidate: number, box: Float32Array): void => {
        const anchor = candidates.anchors[candidate]!;
        reader.readBox(output, anchor, upright);
        box[0] = (upright[0]! + upright[2]!) / 2;
        box[1] = (upright[1]! + upright[3]!) / 2;
        box[2] = upright[2]! - upright[0]!;
        box[3] = upright[3]! - upright[1]!;
        box[4] = angleOf(output, anchor);
        for (let i = 0; i < TURNED_VALUES; i += 1) requireNumber(box[i]!, "a turned box");
      };
      nms.run(candidates, count, read, (candidate, box) =>
        batch.add(box, candidates.scores[candidate]!, candidates.classIds[candidate]!, letterbox));
      return batch.take(letterbox);
    },
  };
}
