import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX } from "./camera.js";
import { labelOf } from "./dataset.js";
import { createRenderer } from "./render.js";
import { makeStreet, type StreetOptions } from "./street.js";

/** One scene of a clip. */
export interface Shot extends StreetOptions {
  readonly seed: number;
  /** Where in the scene's time the shot begins, and how long it is, s. */
  readonly fromS: number;
  readonly lengthS: number;
}

/** A clip to write. */
export interface ClipPlan {
  readonly shots: readonly Shot[];
  /** The video file, H.264 in yuv420p. */
  readonly outPath: string;
  /** What each frame truly shows, one JSON line a frame. */
  readonly truthPath: string;
  /** The FFmpeg to run, 5.1 or newer with libx264. */
  readonly ffmpegPath: string;
  /** Quality of libx264: 18 looks lossless, 28 is small. */
  readonly crf: number;
}

/** Frames of a clip in a second. */
export const CLIP_FPS = 25;

/** Draws the shots one after another into a video. Track ids are unique over the whole clip. */
export async function writeClip(plan: ClipPlan, report: (line: string) => void): Promise<void> {
  const encoder = spawn(plan.ffmpegPath, encoderArgs(plan), { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(encoder, "exit") as Promise<[number | null]>;
  const truth: string[] = [];
  let tracksBefore = 0;
  for (const [index, shot] of plan.shots.entries()) {
    const street = makeStreet(shot.seed, shot);
    const renderer = await createRenderer(street);
    let tracks = 0;
    for (let i = 0; i < shot.lengthS * CLIP_FPS; i++) {
      const atS = shot.fromS + i / CLIP_FPS;
      const frame = await renderer.frame(atS);
      const label = labelOf(street, atS, frame.objects);
      const objects = label.objects.map((object) => ({ ...object, trackId: object.trackId + tracksBefore }));
      for (const object of label.objects) tracks = Math.max(tracks, object.trackId);
      truth.push(`${JSON.stringify({ frame: truth.length, shot: index, ...label, objects })}\n`);
      if (!encoder.stdin.write(frame.picture.data)) await Promise.race([once(encoder.stdin, "drain"), ended]);
    }
    tracksBefore += tracks;
    report(`shot ${index + 1} of ${plan.shots.length} drawn: seed ${shot.seed}, ${street.view}, ${street.time}`);
  }
  encoder.stdin.end();
  const [status] = await ended;
  if (status !== 0) throw new Error(`FFmpeg ended with status ${status} while it wrote ${plan.outPath}`);
  await writeFile(plan.truthPath, truth.join(""));
}

function encoderArgs({ crf, outPath }: ClipPlan): string[] {
  const picture = [
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "-s",
    `${PICTURE_WIDTH_PX}x${PICTURE_HEIGHT_PX}`,
    "-r",
    String(CLIP_FPS),
    "-i",
    "-",
  ];
  const colours = [
    "-vf",
    "scale=out_color_matrix=bt709:out_range=tv",
    "-colorspace",
    "bt709",
    "-color_primaries",
    "bt709",
    "-color_trc",
    "bt709",
  ];
  const video = [
    "-c:v",
    "libx264",
    "-preset",
    "veryslow",
    "-crf",
    String(crf),
    "-pix_fmt",
    "yuv420p",
    "-g",
    String(2 * CLIP_FPS),
  ];
  // One thread and no version strings: the same scenes give the same file.
  const still = ["-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart"];
  return ["-v", "error", "-y", ...picture, ...colours, ...video, ...still, outPath];
}
