import { displayOf, type SourceAddress } from "./address.js";
import { explain, readsAsHwFallback } from "./explain.js";
import { inputPlan, type InputSettings } from "./input.js";
import { decodeOneFrame } from "./one-frame.js";

/** What is told of a source that is decoded in software although a graphics processor was asked for. */
export function softwareText(display: string): string {
  return `${display}: the graphics processor that source.hwaccel asks for can't decode it here, so it is done in software`;
}

/**
 * Decodes one frame of a file as it was asked for, since FFmpeg ends where the graphics processor is missing.
 * @returns why it is to be decoded in software; null when the graphics processor works or was not asked for
 * @throws PipelineError E_FFMPEG_MISSING, E_STOPPED
 */
export async function hardwareLack(address: SourceAddress, settings: InputSettings & { readonly ffmpegPath: string }, signal: AbortSignal): Promise<string | null> {
  const { hwaccel = "none", ffmpegPath } = settings;
  if (hwaccel === "none" || address.kind !== "file") return null;
  const plan = inputPlan(address, { ...settings, realtime: false, loop: false });
  const { code, stderr } = await decodeOneFrame(ffmpegPath, plan, "info", signal);
  const failed = code !== 0 && explain(stderr, address).code === "E_HWACCEL";
  return failed || stderr.split("\n").some(readsAsHwFallback) ? softwareText(displayOf(address)) : null;
}
