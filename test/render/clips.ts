import { execFileSync } from "node:child_process";

/** Most that FFmpeg may write to us, bytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/** Runs FFmpeg quietly, words split at spaces. What a filter needs spaces for is not made here. */
export function ffmpeg(words: string, ...more: string[]): Buffer {
  return execFileSync("ffmpeg", ["-v", "error", "-y", "-nostdin", ...words.split(" "), ...more], { maxBuffer: MOST_BYTES });
}

/** What ffprobe says of a file's streams. */
export interface ProbedStream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width: number;
  readonly height: number;
  readonly r_frame_rate: string;
  readonly avg_frame_rate: string;
  readonly start_time: string;
  readonly duration: string;
  readonly nb_read_frames: string;
  readonly sample_aspect_ratio: string;
  readonly color_space: string;
  readonly color_range: string;
}

export function probed(path: string): { video: ProbedStream; sounds: ProbedStream[] } {
  const json = execFileSync("ffprobe", ["-v", "error", "-of", "json", "-count_frames", "-show_streams", path], { encoding: "utf8" });
  const { streams } = JSON.parse(json) as { streams: ProbedStream[] };
  return { video: streams.find(({ codec_type: type }) => type === "video")!, sounds: streams.filter(({ codec_type: type }) => type === "audio") };
}

/** When each frame is shown, s, as ffprobe prints it. */
export function frameTimes(path: string): string[] {
  const text = execFileSync("ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts_time", "-of", "csv=p=0", path], { encoding: "utf8" });
  // Side data of a frame cost a comma and an empty line.
  return text.split("\n").map((line) => line.replace(/,$/, "")).filter(Boolean);
}

/** All frames as RGB, by FFmpeg. */
export function pixelsOf(path: string): { readonly frames: number; at(frame: number, x: number, y: number): readonly [number, number, number] } {
  const { width, height } = probed(path).video;
  const bytes = ffmpeg("-i", path, ..."-map 0:v:0 -fps_mode passthrough -f rawvideo -pix_fmt rgb24 pipe:1".split(" "));
  return {
    frames: bytes.length / (width * height * 3),
    at(frame, x, y) {
      const from = ((frame * height + y) * width + x) * 3;
      return [bytes[from]!, bytes[from + 1]!, bytes[from + 2]!];
    },
  };
}

/** The greatest difference of two colours in a channel. */
export const apart = (a: readonly number[], b: readonly number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
