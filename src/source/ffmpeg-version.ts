import { PipelineError } from "../core/errors.js";
import { runShort } from "./child.js";

/** Oldest version that has `-fps_mode` and showinfo without checksums. */
export const FFMPEG_MINIMUM = { major: 5, minor: 1 } as const;

/** A version as FFmpeg states it. */
export interface FfmpegVersion {
  /** As FFmpeg prints it, e.g. `5.1.9-0+deb12u1`. */
  readonly text: string;
  /** null for a build from a development snapshot, which is taken to be new enough. */
  readonly major: number | null;
  readonly minor: number | null;
}

/** Reads the first line of `ffmpeg -version`. Pure. */
export function parseFfmpegVersion(firstLine: string): FfmpegVersion | undefined {
  const text = /^ff\w+ version (\S+)/.exec(firstLine)?.[1];
  if (text === undefined) return undefined;
  const numbers = /^n?(\d+)\.(\d+)/.exec(text);
  return { text, major: numbers ? Number(numbers[1]) : null, minor: numbers ? Number(numbers[2]) : null };
}

/** Whether the version is at least FFMPEG_MINIMUM. */
export function isNewEnough({ major, minor }: FfmpegVersion): boolean {
  if (major === null || minor === null) return true;
  return major > FFMPEG_MINIMUM.major || (major === FFMPEG_MINIMUM.major && minor >= FFMPEG_MINIMUM.minor);
}

/**
 * Asks FFmpeg for its version.
 * @throws PipelineError E_FFMPEG_MISSING, E_FFMPEG_OLD
 */
export async function checkFfmpeg(ffmpegPath: string, signal?: AbortSignal): Promise<FfmpegVersion> {
  const { stdout } = await runShort(ffmpegPath, ["-version"], signal);
  const version = parseFfmpegVersion(stdout.split("\n", 1)[0] ?? "");
  if (!version) throw new PipelineError("E_FFMPEG_MISSING", `${ffmpegPath} does not answer as FFmpeg does`);
  if (!isNewEnough(version)) {
    const least = `${FFMPEG_MINIMUM.major}.${FFMPEG_MINIMUM.minor}`;
    throw new PipelineError("E_FFMPEG_OLD", `${ffmpegPath} is version ${version.text}, at least ${least} is needed`);
  }
  return version;
}
