import { resolve } from "node:path";
import type { Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import type { Clip, RenderFigures, RenderOptions, Saving } from "../render/index.js";
import type { GivenFlags } from "./flags.js";
import type { Stop } from "./stop.js";
import { printable } from "./terminal.js";

/** A video that a run writes beside its records. */
export interface Save {
  readonly clip: Clip;
  readonly options: RenderOptions;
}

const INSTEAD = "run it with --out and then: sightline render CLIP LOG --out FILE";

/**
 * What --save asks for; undefined without it. Only one file that is read once has a frame for each record.
 * @throws PipelineError E_USAGE, and those of `openClip`
 */
export async function saveOf({ sources, streams, source }: Settings, given: GivenFlags, { signal }: Stop): Promise<Save | undefined> {
  const { save: out } = given;
  if (out === undefined) return undefined;
  if (typeof out !== "string" || out === "") throw new PipelineError("E_USAGE", "--save needs the video to write, such as boxes.mp4");
  const { containerOf, DEFAULT_ENCODING, openClip } = await renderRoom();
  containerOf(out);
  const [name] = sources;
  if (name === undefined || sources.length > 1 || Object.keys(streams).length > 0) {
    throw new PipelineError("E_USAGE", `--save writes the video of one file, and there are ${sources.length + Object.keys(streams).length} streams; for each of several files ${INSTEAD}`);
  }
  for (const [flag, isSet] of [["--loop", source.loop], ["--realtime", source.realtime], ["--decode", source.decode === "keys" || source.decode === "noref"]] as const) {
    if (isSet) throw new PipelineError("E_USAGE", `--save needs every frame of the file once, which ${flag} does not give`);
  }
  const clip = await openClip(name, source, signal);
  if (resolve(out) === clip.path) throw new PipelineError("E_USAGE", `--save ${out} is the clip itself`);
  const base = given["continue"] === true ? null : 0;
  return { clip, options: { out, force: given["force"] === true, encoding: DEFAULT_ENCODING, ffmpegPath: source.ffmpegPath, labels: true, minScore: 0, base } };
}

/** Begins to write it. @throws PipelineError of `saveWhileRunning` */
export async function startSaving({ clip, options }: Save, signal: AbortSignal): Promise<Saving> {
  const { saveWhileRunning } = await renderRoom();
  return saveWhileRunning(clip, options, { clock: systemClock, signal });
}

/** Loaded by who asks for a video: all other runs spare it. */
const renderRoom = () => import("../render/index.js");

/** What was written. Pure. */
export const savedText = ({ options }: Save, { frames, objects }: RenderFigures): string => `${options.out}: ${frames} frames, ${objects} boxes`;

/** What a stop means for it. Pure. */
export const unsavedText = ({ clip, options }: Save): string =>
  `sightline: ${printable(options.out)} was not written, since the run was stopped before the end of the clip; with a log: sightline render ${printable(clip.path)} LOG --out ${printable(options.out)}`;
