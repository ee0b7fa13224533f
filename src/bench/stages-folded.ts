import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../core/clock.js";
import type { ModelInfo } from "../model/index.js";
import { openRuntimeSession, type RuntimeSession } from "../pool/index.js";
import { withByteInput } from "./byte-graph.js";
import { spread, type Spread } from "./rounds.js";
import { randomOf } from "./stages-made.js";

/** A model as it is, filled by our kernel, against the same with its scale in the graph, filled by a plain copy. */
export interface FoldedFigures {
  readonly model: string;
  /** Filling the input, ms a frame. */
  readonly fillMs: { readonly kernel: Spread; readonly folded: Spread };
  /** Filling and running together, ms a frame. */
  readonly wholeMs: { readonly kernel: Spread; readonly folded: Spread };
  /** folded / kernel of the whole, round by round. */
  readonly ratio: Spread;
  /** Whether the outputs are the same numbers. */
  readonly agrees: boolean;
}

/** Frames of each version in each round, one of each in turn, so that a drift of the machine meets both. */
const FRAMES = 8;

/** null for a model that takes bytes already, or half floats. @throws PipelineError E_MODEL_INVALID */
export async function folding(info: ModelInfo, rounds: number, signal: AbortSignal): Promise<FoldedFigures | null> {
  if (info.inputType !== "float32" || info.normalisation !== undefined) return null;
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  try {
    const { bytes, inputName } = withByteInput(await readFile(info.path), info);
    const path = join(folder, "folded.onnx");
    await writeFile(path, bytes);
    await using kernel = await openRuntimeSession({ ...info, intraOpThreads: 1 });
    await using folded = await openRuntimeSession({ ...info, path, inputName, inputType: "uint8", scale: 1, intraOpThreads: 1 });
    return await compare(info, kernel, folded, rounds, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function compare({ id, inputWidthPx, inputHeightPx }: ModelInfo, kernel: RuntimeSession, folded: RuntimeSession, rounds: number, signal: AbortSignal): Promise<FoldedFigures> {
  const random = randomOf(6);
  const planes = new Uint8Array(new SharedArrayBuffer(3 * inputWidthPx * inputHeightPx)).map(() => random() * 256);
  const times = { kernel: [] as Turn[], folded: [] as Turn[] };
  const agrees = sameNumbers(await outputsOf(kernel, planes, inputHeightPx), await outputsOf(folded, planes, inputHeightPx));
  for (let round = 0; round < rounds && !signal.aborted; round += 1) {
    const [own, other]: [Turn[], Turn[]] = [[], []];
    for (let frame = 0; frame < FRAMES; frame += 1) {
      own.push(await turn(kernel, planes, inputHeightPx));
      other.push(await turn(folded, planes, inputHeightPx));
    }
    times.kernel.push(middleOf(own));
    times.folded.push(middleOf(other));
  }
  const of = (key: keyof Turn) => ({ kernel: spread(times.kernel.map((one) => one[key])), folded: spread(times.folded.map((one) => one[key])) });
  return { model: id, fillMs: of("fillMs"), wholeMs: of("wholeMs"), ratio: spread(times.folded.map(({ wholeMs }, round) => wholeMs / times.kernel[round]!.wholeMs)), agrees };
}

interface Turn {
  readonly fillMs: number;
  readonly wholeMs: number;
}

async function turn(session: RuntimeSession, planes: Uint8Array, heightPx: number): Promise<Turn> {
  const begin = systemClock.monotonicMs();
  session.fill(planes, { topPx: 0, heightPx });
  const filled = systemClock.monotonicMs();
  await session.run(() => undefined);
  return { fillMs: filled - begin, wholeMs: systemClock.monotonicMs() - begin };
}

/** Their medians: one frame that was interrupted does not count. */
function middleOf(turns: readonly Turn[]): Turn {
  return { fillMs: spread(turns.map(({ fillMs }) => fillMs)).median, wholeMs: spread(turns.map(({ wholeMs }) => wholeMs)).median };
}

async function outputsOf(session: RuntimeSession, planes: Uint8Array, heightPx: number): Promise<number[][]> {
  session.fill(planes, { topPx: 0, heightPx });
  return session.run((outputs) => outputs.map(({ data }) => Array.from(data, Number)));
}

function sameNumbers(a: readonly number[][], b: readonly number[][]): boolean {
  return a.length === b.length && a.every((values, i) => values.every((value, k) => value === b[i]![k]));
}
