import { execFile } from "node:child_process";
import { join } from "node:path";
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
/** Quiet cameras see something at different times: so many, evenly spread over the clip's length. */
const PHASES = 6;

/**
 * Makes what cameras send of a clip: the n-th of any number plays file n modulo their count.
 * busy    the clip itself, again and again
 * quiet   2 % of it; the rest stands still. At any time the same share of six such cameras sees something, so that a window of
 *         some seconds is like a long one
 * @param folder that the files come into
 * @throws PipelineError E_BENCH
 */
export async function makeCameras({ sources, source }: SessionOptions, scene: DensityScene, folder: string, signal: AbortSignal): Promise<string[]> {
  const encode = async (name: string, input: readonly string[], filter: string): Promise<string> => {
    const path = join(folder, `${scene}-${name}.mp4`);
    const coding = ["-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-bf", "0", "-pix_fmt", "yuv420p"];
    await promisify(execFile)(source.ffmpegPath, ["-v", "error", "-y", ...input, "-an", "-filter_complex", filter, "-t", String(CAMERA.seconds), ...coding, path], { signal }).catch((cause: Error) => {
      throw new PipelineError("E_BENCH", `FFmpeg can't make the cameras' picture: ${cause.message.trim().split("\n").pop() ?? ""}`, { cause });
    });
    return path;
  };
  const movingSeconds = MOVING_SHARE * CAMERA.seconds;
  const still = `,trim=0:${movingSeconds},setpts=PTS-STARTPTS,tpad=stop_mode=clone:stop_duration=${CAMERA.seconds - movingSeconds},noise=alls=4:allf=t`;
  const whole = await encode("0", ["-stream_loop", "-1", "-i", `file:${sources[0] ?? ""}`], `scale=1280:720,fps=${CAMERA.fps}${scene === "quiet" ? still : ""}`);
  if (scene === "busy") return [whole];
  const turned: string[] = [];
  for (let phase = 1; phase < PHASES; phase += 1) {
    const beginSeconds = (phase * CAMERA.seconds) / PHASES;
    turned.push(await encode(String(phase), ["-ss", String(beginSeconds), "-i", whole, "-t", String(beginSeconds), "-i", whole], "[0:v][1:v]concat=n=2:v=1:a=0"));
  }
  return [whole, ...turned];
}
