import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { PipelineError } from "../core/errors.js";
import { NO_GATE, type SessionOptions } from "../session/index.js";

/** What can be switched on to carry more cameras; `plain` = none of them, `all` = all of them. */
export const LEVERS = ["plain", "decode", "gate", "openvino", "all"] as const;
/** One of LEVERS. */
export type Lever = (typeof LEVERS)[number];

/** What is before the cameras. */
export type DensityScene = "busy" | "quiet";

/** The settings with one lever on and all others off, or all on. */
export function withLever(session: SessionOptions, lever: Lever): SessionOptions {
  const isOn = (one: Lever): boolean => lever === one || lever === "all";
  const { gate = NO_GATE, inference, source } = session;
  return {
    ...session,
    gate: { ...gate, kind: isOn("gate") ? "motion" : "none" },
    inference: { ...inference, runtime: isOn("openvino") ? "openvino" : "onnxruntime", precision: isOn("openvino") ? "auto" : "f32" },
    // Without it every frame is decoded and scaled, and what is too much left out after that.
    source: isOn("decode") ? { ...source, decode: "auto" } : { ...source, decode: "all", thinsItself: false },
  };
}

/** What a camera of today sends: 1280x720, 30 fps, a key frame every two seconds, no B-frames. */
export const CAMERA = { fps: 30, seconds: 30, words: "1280x720 30 fps H.264 veryfast, GOP 60, no B-frames" };
/** So much of a quiet camera's time something moves: the beginning of the clip, then its last picture, with a sensor's noise. */
const MOVING_SHARE = 0.02;

/**
 * Makes what a camera sends of a clip.
 * busy    the clip itself, again and again
 * quiet   2 % of it; the rest stands still
 * @throws PipelineError E_BENCH
 */
export async function makeCamera({ sources, source }: SessionOptions, scene: DensityScene, path: string, signal: AbortSignal): Promise<void> {
  const coding = ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-bf", "0", "-pix_fmt", "yuv420p"];
  const movingSeconds = MOVING_SHARE * CAMERA.seconds;
  const still = `,trim=0:${movingSeconds},setpts=PTS-STARTPTS,tpad=stop_mode=clone:stop_duration=${CAMERA.seconds - movingSeconds},noise=alls=4:allf=t`;
  const picture = `scale=1280:720,fps=${CAMERA.fps}${scene === "quiet" ? still : ""}`;
  const args = ["-v", "error", "-y", "-stream_loop", "-1", "-i", `file:${sources[0] ?? ""}`, "-t", String(CAMERA.seconds), "-an", "-vf", picture, ...coding, path];
  await promisify(execFile)(source.ffmpegPath, args, { signal }).catch((cause: Error) => {
    throw new PipelineError("E_BENCH", `FFmpeg can't make the cameras' picture: ${cause.message.trim().split("\n").pop() ?? ""}`, { cause });
  });
}
