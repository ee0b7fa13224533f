import type { ModelInfo } from "../info.js";
import { toSource } from "../letterbox.js";
import { makeSieve, type DetectLimits, type Sieve } from "../limits.js";
import { makeCandidates, type Candidates } from "./candidates.js";
import { requireFinite, type Decoder, type FloatOutput, type ModelOutput } from "./decoder.js";
import { makeNms, type NmsOptions } from "./nms.js";
import { makeBatcher } from "./parts.js";

/** How one family's first output is read. */
export interface HeadReader {
  /** Most candidates that a frame can have, given the output. */
  most(output: FloatOutput): number;
  /** Checks the output's shape. @throws PipelineError E_MODEL_OUTPUT */
  open(outputs: readonly ModelOutput[]): FloatOutput;
  /** Adds all that passes. */
  collect(output: FloatOutput, sieve: Sieve, candidates: Candidates): void;
  /** x1, y1, x2, y2 in input px. */
  readBox(output: FloatOutput, anchor: number, box: Float32Array): void;
  readExtras(output: FloatOutput, anchor: number, out: Float32Array): void;
}

/** Opens an output and ranks all of it that passes. @throws PipelineError E_MODEL_OUTPUT */
export function ranked(reader: HeadReader, outputs: readonly ModelOutput[], sieve: Sieve, candidates: Candidates): { readonly output: FloatOutput; readonly count: number } {
  const output = reader.open(outputs);
  candidates.clear(sieve.conf, reader.most(output));
  reader.collect(output, sieve, candidates);
  return { output, count: candidates.rank() };
}

/** Where overlaps are measured: in the model's input, or in the source picture. */
export interface GreedyOptions extends Pick<NmsOptions, "edgePx" | "classOffsetPx"> {
  readonly space: "input" | "source";
}

/** Decoder of a head whose candidates overlap: best first, greedy NMS, then what the task adds. */
export function greedyDecoder(reader: HeadReader, info: ModelInfo, limits: DetectLimits, { space, ...options }: GreedyOptions): Decoder {
  const sieve = makeSieve(limits);
  const nms = makeNms({ ...limits, ...options });
  const batch = makeBatcher(info, limits);
  const box = new Float32Array(4);
  const placed = new Float32Array(4);
  const candidates = makeCandidates();
  return {
    decode(outputs, letterbox) {
      const { output, count } = ranked(reader, outputs, sieve, candidates);
      nms.clear();
      for (let rank = 0, room = true; rank < count && room; rank += 1) {
        const candidate = candidates.at(rank);
        const anchor = candidates.anchors[candidate]!;
        reader.readBox(output, anchor, box);
        requireFinite(box, anchor);
        if (space === "source") toSource(box, 1, letterbox);
        let isWanted = true;
        if (sieve.places !== null) {
          placed.set(box);
          if (space === "input") toSource(placed, 1, letterbox);
          isWanted = sieve.places(placed, 0, letterbox);
        }
        room = nms.offer(box, candidates.scores[candidate]!, candidates.classIds[candidate]!, anchor, isWanted);
      }
      const kept = nms.kept();
      if (space === "input") toSource(kept.boxes, kept.count, letterbox);
      return batch(kept, outputs, letterbox, (anchor, out) => reader.readExtras(output, anchor, out));
    },
  };
}
