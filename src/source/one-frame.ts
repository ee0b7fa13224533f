import { runShort } from "./child.js";
import type { InputPlan } from "./input.js";
import { feedInput } from "./stdin.js";

/**
 * Lets FFmpeg decode a source's first frame and throw it away; gives what it said of that. `code` as in `runShort`.
 * @param loglevel info = also what decodes it
 * @throws PipelineError E_FFMPEG_MISSING, E_STOPPED, E_USAGE of `feedInput`
 */
export function decodeOneFrame(
  ffmpegPath: string,
  plan: InputPlan,
  loglevel: "warning" | "info",
  signal: AbortSignal,
  limits: { readonly timeoutMs?: number } = {},
): Promise<{ code: number; stderr: string }> {
  const args = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", loglevel, ...plan.options, "-i", plan.input, "-map", "0:v:0", "-frames:v", "1", "-f", "null", "-"];
  return runShort(ffmpegPath, args, signal, { ...limits, feed: (stdin) => feedInput(stdin, plan), environment: plan.environment });
}
