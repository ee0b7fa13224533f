import type { Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { availableCores } from "../machine/index.js";
import type { DetectLimits, ModelInfo } from "../model/index.js";
import { loadModelInfo } from "../pool/index.js";
import { openStills, type Stills } from "../stills/index.js";
import { fetchModels } from "./pull.js";
import type { Stop } from "./stop.js";
import { printable, type Terminal } from "./terminal.js";

/** A picture of a telephone has up to 200 million pixels when it is asked for all of them, and 12 to 50 else. */
export const MOST_MEGAPIXELS = 100;
/** Pixels. */
export const MEGA = 1e6;

/** A model that is ready for pictures. */
export interface OpenedStills extends AsyncDisposable {
  readonly info: ModelInfo;
  readonly stills: Stills;
  readonly workers: number;
}

/** What is wanted of pictures. */
export interface StillsWish {
  /** Made once the model's classes are known, where it depends on them. */
  readonly limits: DetectLimits | ((info: ModelInfo) => DetectLimits);
  readonly mostPixels: number;
}

/**
 * Opens the settings' model in so many threads (or processes) of this machine as they say.
 * A model that is called by name is fetched first.
 * @throws PipelineError E_MODEL_*, E_PULL_*, E_LABELS, E_POOL_START
 */
export async function openModelForStills({ model, inference, source: { preprocess } }: Settings, { limits, mostPixels }: StillsWish, terminal: Terminal, { signal }: Stop): Promise<OpenedStills> {
  await fetchModels([model.path], signal);
  const { info, notices } = await loadModelInfo(model.path, model);
  const workers = inference.workers === "auto" ? availableCores().cores : inference.workers;
  // A queue's workers are others' machines; pictures at hand are looked at here.
  const mode = inference.mode === "queue" ? "threads" : inference.mode;
  const tell = ({ message }: { readonly message: string }): void => terminal.say(`sightline: ${printable(message)}`);
  for (const message of notices) tell({ message });
  const stills = await openStills({ ...inference, model: info, limits: typeof limits === "function" ? limits(info) : limits, mode, workers, tell, mostPixels, preprocess }, systemClock);
  return { info, stills, workers, [Symbol.asyncDispose]: () => stills[Symbol.asyncDispose]() };
}
