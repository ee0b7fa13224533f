import { extname } from "node:path";
import { PipelineError } from "../core/errors.js";
import { composeArguments } from "../source/index.js";
import type { Clip } from "./clip.js";

/** How the video is encoded. */
export interface Encoding {
  /** FFmpeg's name of the encoder. */
  readonly codec: string;
  /** 0 (best) to 63; null = the encoder's own. */
  readonly crf: number | null;
  /** The encoder's own word for fast or small; null = its default. */
  readonly preset: string | null;
}

/** H.264 plays everywhere. At `veryfast` two cores encode 720p several times as fast as it plays; 21 is hard to tell from the source. */
export const DEFAULT_ENCODING: Encoding = { codec: "libx264", crf: 21, preset: "veryfast" };

interface Container {
  readonly muxer: string;
  /** Sound that goes in as it is; "all" = any. */
  readonly sounds: readonly string[] | "all";
  /** Whether tracks may have a time base of any fineness. */
  readonly hasTimescale: boolean;
}
const MP4_SOUNDS = ["aac", "mp3", "ac3", "eac3", "alac", "opus", "flac"];
const CONTAINERS: Readonly<Record<string, Container>> = {
  ".mp4": { muxer: "mp4", sounds: MP4_SOUNDS, hasTimescale: true },
  ".m4v": { muxer: "mp4", sounds: MP4_SOUNDS, hasTimescale: true },
  ".mov": { muxer: "mov", sounds: ["aac", "mp3", "ac3", "alac", "pcm_s16le", "pcm_s24le"], hasTimescale: true },
  ".mkv": { muxer: "matroska", sounds: "all", hasTimescale: false },
};

/**
 * The container that a path's ending asks for.
 * @throws PipelineError E_USAGE
 */
export function containerOf(path: string): Container {
  const container = CONTAINERS[extname(path).toLowerCase()];
  if (container) return container;
  throw new PipelineError("E_USAGE", `${path} has an ending that no video is written for; allowed: ${Object.keys(CONTAINERS).join(", ")}`);
}

const HEAD = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+warning", "-copyts"];

/**
 * Decodes every frame once, turned as it is to be shown, into NUT on standard output: raw planes with their times. Times
 * count from the file's begin, as those of records do.
 */
export function decodeArguments(clip: Clip): string[] {
  const { path, startSeconds } = clip;
  return composeArguments({
    inputs: [{ input: `file:${path}`, options: [...HEAD, ...shifted(startSeconds), "-protocol_whitelist", "file"] }],
    outputs: [{ output: "pipe:1", options: ["-map", "0:v:0", "-vf", planes(clip), "-fps_mode", "passthrough", "-enc_time_base", clip.timeBase, "-c:v", "rawvideo", "-f", "nut"] }],
  });
}

/**
 * Encodes NUT from standard input, with the clip's sound: copied where the container takes it, else as AAC. Times stay
 * those of the frames, in the clip's own time base, so a rate that varies stays as it is.
 */
export function encodeArguments(clip: Clip, output: string, asked: string, encoding: Encoding): string[] {
  const { muxer, sounds, hasTimescale } = containerOf(asked);
  const sound = clip.sounds.length === 0 ? [] : [{ input: `file:${clip.path}`, options: [...shifted(clip.startSeconds), "-protocol_whitelist", "file"] }];
  const codecs = clip.sounds.flatMap((codec, i) => [`-c:a:${i}`, sounds === "all" || sounds.includes(codec) ? "copy" : "aac"]);
  return composeArguments({
    inputs: [{ input: "pipe:0", options: [...HEAD, "-protocol_whitelist", "pipe", "-f", "nut"] }, ...sound],
    outputs: [
      {
        output: `file:${output}`,
        options: [
          "-y", "-map", "0:v:0", ...(sound.length > 0 ? ["-map", "1:a"] : []), ...colourFilter(clip), "-fps_mode", "passthrough", "-enc_time_base", clip.timeBase,
          ...videoOptions(encoding), ...codecs, "-map_metadata", "-1", ...(hasTimescale ? ["-video_track_timescale", timescaleOf(clip.timeBase)] : []), "-f", muxer,
        ],
      },
    ],
  });
}

const shifted = (startSeconds: number): string[] => (startSeconds === 0 ? [] : ["-itsoffset", (-startSeconds).toFixed(6)]);

function videoOptions({ codec, crf, preset }: Encoding): string[] {
  const number = crf === null ? [] : ["-crf", String(crf)];
  const word = preset === null ? [] : ["-preset", preset];
  // What Apple's players know HEVC by.
  const tag = codec === "libx265" ? ["-tag:v", "hvc1"] : [];
  return ["-c:v", codec, ...number, ...word, ...tag, "-pix_fmt", "yuv420p"];
}

/** NUT does not say what the colours mean. */
function colourFilter({ colourTags }: Clip): string[] {
  const tags = Object.entries(colourTags).map(([name, value]) => `${name}=${value}`);
  return tags.length === 0 ? [] : ["-vf", `setparams=${tags.join(":")}`];
}

/** 4:2:0 encoders want even sides: the last column or row is doubled, where colour has as many pixels as brightness. */
function planes({ widthPx, heightPx, pixelFormat }: Clip): string {
  const [right, bottom] = [widthPx % 2, heightPx % 2];
  if (right + bottom === 0) return `format=${pixelFormat}`;
  return `format=${pixelFormat.replace("420", "444")},pad=${widthPx + right}:${heightPx + bottom},fillborders=right=${right}:bottom=${bottom}:mode=smear,format=${pixelFormat}`;
}

/** MP4 counts in 1/n s. */
function timescaleOf(timeBase: string): string {
  const [over = 1, under = 1] = timeBase.split("/").map(Number);
  return String(Math.max(1, Math.round(under / over)));
}
