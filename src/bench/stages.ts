import { systemClock } from "../core/clock.js";
import { machineLine } from "../machine/index.js";
import { detectLimits, letterboxFor, makeDecoder, makeInput, makeMaskMaker, PLAIN_HEAD, type Letterbox, type ModelInfo } from "../model/index.js";
import { loadModelInfo } from "../pool/index.js";
import type { SessionOptions } from "../session/index.js";
import { spread, type Spread } from "./rounds.js";
import { folding, type FoldedFigures } from "./stages-folded.js";
import { CLASSES, madeHead, madePrototypes, ANCHORS, randomOf, SIDE_PX } from "./stages-made.js";
import { decodePlainly, maskPlainly, normalisePlainly, type MaskBox, type PlainObject } from "./stages-plain.js";

/** What to measure. */
export interface StagesTask {
  readonly session: SessionOptions;
  /** Model files whose input is also tried with its scale in the graph. */
  readonly models: readonly string[];
  readonly rounds: number;
  /** The command as it was typed, for the report. */
  readonly command: string;
}

/** One stage, ours against the straightforward version, measured in turn. */
export interface StageFigures {
  readonly stage: string;
  readonly oursMs: Spread;
  readonly plainMs: Spread;
  /** Round by round: neighbours in time. */
  readonly ratio: Spread;
  /** What the ratio should be at most; null = nothing is promised. */
  readonly target: number | null;
  /** Whether both came to the same results. */
  readonly agrees: boolean;
}

/** What `bench --stages` gives back; `--json` prints it as it is. */
export interface StagesReport {
  readonly machine: string;
  readonly command: string;
  readonly rounds: number;
  readonly stages: readonly StageFigures[];
  readonly folded: readonly FoldedFigures[];
}

/** What a run of it needs. */
export interface StagesWorld {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/** A stage in both versions. */
interface Stage {
  readonly name: string;
  readonly target: number | null;
  readonly ours: () => void;
  readonly plain: () => void;
  readonly agrees: () => boolean;
}

/** Measured time of each version in each round, ms; as much before the first, for the compiler. */
const WINDOW_MS = 150;

/**
 * Measures single stages in this thread, ours and the straightforward version in turn, then models with their scale in the
 * graph. @throws PipelineError E_MODEL_*
 */
export async function runStages({ session, models, rounds, command }: StagesTask, { signal, progress }: StagesWorld): Promise<StagesReport> {
  const stages: StageFigures[] = [];
  for (const stage of allStages()) {
    if (signal.aborted) break;
    progress(stage.name);
    stages.push(measureStage(stage, rounds));
  }
  const folded: FoldedFigures[] = [];
  for (const path of models) {
    if (signal.aborted) break;
    const { info } = await loadModelInfo(path, { ...session.model });
    progress(`${info.id}: its scale in the graph`);
    const figures = await folding(info, rounds, signal);
    if (figures) folded.push(figures);
  }
  return { machine: machineLine(), command, rounds, stages, folded };
}

function measureStage({ name, target, ours, plain, agrees }: Stage, rounds: number): StageFigures {
  for (const version of [ours, plain]) timed(version);
  const [oursMs, plainMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    oursMs.push(timed(ours));
    plainMs.push(timed(plain));
  }
  return { stage: name, oursMs: spread(oursMs), plainMs: spread(plainMs), ratio: spread(oursMs.map((ms, round) => ms / plainMs[round]!)), target, agrees: agrees() };
}

/** Mean time of one run, ms. */
function timed(work: () => void): number {
  const begin = systemClock.monotonicMs();
  let runs = 0;
  let spent = 0;
  for (; spent < WINDOW_MS; spent = systemClock.monotonicMs() - begin) {
    work();
    runs += 1;
  }
  return spent / runs;
}

const LIMITS = { conf: 0.25, iou: 0.45, classes: [], agnostic: false, maxDetections: 300 };
const ULTRALYTICS = { letterbox: { placement: "centre", rounding: "half-even", padValue: 114 }, channels: "rgb", scale: 1 / 255 } as const;

/** A YOLOv8 of 80 classes on 640 x 640, without a file. */
const MODEL: ModelInfo = {
  id: "made", sha256: "", path: "", family: "yolov8", task: "detect", head: PLAIN_HEAD, inputName: "images", inputType: "float32", sizeInput: null, outputNames: ["output0"],
  inputWidthPx: SIDE_PX, inputHeightPx: SIDE_PX, labels: Array.from({ length: CLASSES }, (_, i) => String(i)), labelsFrom: "numbers", ...ULTRALYTICS,
};
const PICTURE = { widthPx: 1280, heightPx: 720 };

function allStages(): Stage[] {
  const letterbox = letterboxFor(MODEL.letterbox, SIDE_PX, SIDE_PX, PICTURE.widthPx, PICTURE.heightPx);
  return [
    decodeStage("decoding (1, 84, 8400), 20 objects", 0.6, madeHead(20, 8, 1), letterbox),
    decodeStage("decoding (1, 84, 8400), 3,000 candidates", 0.5, madeHead(300, 10, 2), letterbox),
    normaliseStage(),
    maskStage(letterbox),
  ];
}

function decodeStage(name: string, target: number, data: Float32Array, letterbox: Letterbox): Stage {
  const decoder = makeDecoder(MODEL, detectLimits(MODEL.labels, LIMITS));
  const outputs = [{ data, dims: [1, 4 + CLASSES, ANCHORS] }];
  const plainly = (): PlainObject[] => decodePlainly(data, CLASSES, { conf: LIMITS.conf, iou: LIMITS.iou, most: LIMITS.maxDetections }, letterbox);
  return {
    name, target,
    ours: () => void decoder.decode(outputs, letterbox),
    plain: () => void plainly(),
    agrees() {
      const { boxes, scores, classIds, count } = decoder.decode(outputs, letterbox);
      const theirs = plainly();
      return count === theirs.length && theirs.every(({ classId, score, box }, i) => classIds[i] === classId && scores[i] === score && box.every((side, k) => Math.abs(side - boxes[4 * i + k]!) < 0.01));
    },
  };
}

function normaliseStage(): Stage {
  const random = randomOf(3);
  // As a slot of a ring is.
  const planes = new Uint8Array(new SharedArrayBuffer(3 * SIDE_PX * SIDE_PX)).map(() => random() * 256);
  const rows = { topPx: 0, heightPx: SIDE_PX };
  const input = makeInput(MODEL);
  const out = new Float32Array(planes.length);
  return {
    name: "u8 to f32 NCHW, 640 x 640", target: 0.6,
    ours: () => input.fill(planes, rows),
    plain: () => normalisePlainly(planes, out),
    agrees: () => out.every((value, i) => value === input.values[i]),
  };
}

/** Coefficients of a mask, and pixels of its prototypes along a side. */
const [COEFFICIENTS, PROTOTYPE_SIDE] = [32, 160];
/** 200 x 300 px. */
const MASK_BOX: MaskBox = [500, 200, 700, 500];

function maskStage(letterbox: Letterbox): Stage {
  const prototypes = madePrototypes(COEFFICIENTS, PROTOTYPE_SIDE, 4);
  const random = randomOf(5);
  const coefficients = Float32Array.from({ length: COEFFICIENTS }, () => random() - 0.5);
  const output = { data: prototypes, dims: [1, COEFFICIENTS, PROTOTYPE_SIDE, PROTOTYPE_SIDE] };
  const maker = makeMaskMaker("ultralytics");
  const box = Float32Array.from(MASK_BOX);
  const ours = () => maker.runs(output, coefficients, box, 0, letterbox);
  const plainly = (): number[] => maskPlainly(prototypes, PROTOTYPE_SIDE, coefficients, MASK_BOX, letterbox);
  return {
    name: "a mask of 200 x 300 px in 1280 x 720", target: null,
    ours: () => void ours(),
    plain: () => void plainly(),
    agrees() {
      const { runs, count } = ours();
      return differing(Array.from(runs.subarray(0, count)), plainly()) <= MASK_TOLERANCE_PX;
    },
  };
}

/** Where a number is all but 0 the order of a sum decides. */
const MASK_TOLERANCE_PX = 5;

/** How many pixels two masks differ in. */
function differing(a: readonly number[], b: readonly number[]): number {
  const edges = (runs: readonly number[]): number[] => {
    let at = 0;
    return runs.slice(0, -1).map((run) => (at += run));
  };
  const all = [...edges(a), ...edges(b)].sort((one, other) => one - other);
  let sum = 0;
  for (let i = 0; i + 1 < all.length; i += 2) sum += all[i + 1]! - all[i]!;
  return sum;
}
