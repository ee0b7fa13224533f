import { access, constants, open, stat } from "node:fs/promises";
import { PipelineError } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";
import { z } from "../core/schema.js";
import type { YuvColours } from "../picture/index.js";
import { runShort } from "./child.js";
import type { FrameGaps } from "./frame-kinds.js";
import { WHOLE_FORMATS } from "./input.js";

/** What ffprobe says of a file's first video stream. */
export interface Probe {
  /** FFmpeg's name of the pixel format, e.g. `yuv420p`. */
  readonly pixelFormat: string;
  readonly colours: YuvColours;
  readonly codec: string;
  /** As it is shown: rotation applied, px. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number | null;
  /** Frames the container counts, else duration x rate; null when neither is known. */
  readonly expectedFrames: number | null;
  /** Whether `expectedFrames` is the container's own count. */
  readonly countIsExact: boolean;
  /** Whether frames may refer to later ones: then there may be some that nothing refers to. */
  readonly hasBFrames: boolean;
  /** How far apart its kinds of frames are; left out or null = not measured. */
  readonly gaps?: FrameGaps | null;
}

/** What else ffprobe knows of it, for people. null = it does not say. */
export interface StreamFacts {
  readonly profile: string | null;
  /** How far the picture is turned to be shown, degrees clockwise: 0, 90, 180 or 270. */
  readonly rotationDeg: number;
  readonly container: string | null;
}

const Answer = z.object({
  format: z.object({ format_name: z.string().default(""), duration: z.string().optional() }).default({ format_name: "" }),
  streams: z
    .array(
      z.object({
        codec_type: z.string().default(""),
        codec_name: z.string().default(""),
        profile: z.string().optional(),
        width: z.number().default(0),
        height: z.number().default(0),
        has_b_frames: z.number().default(0),
        pix_fmt: z.string().default(""),
        color_range: z.string().optional(),
        color_space: z.string().optional(),
        avg_frame_rate: z.string().default("0/0"),
        r_frame_rate: z.string().default("0/0"),
        nb_frames: z.string().optional(),
        duration: z.string().optional(),
        disposition: z.object({ attached_pic: z.number().default(0) }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
      }),
    )
    .default([]),
});
type Stream = z.infer<typeof Answer>["streams"][number];

/**
 * Looks at a file before anything is started; gives ffprobe's JSON, for `readProbe` and `readFacts`.
 * @throws PipelineError E_SOURCE_MISSING, E_SOURCE_EMPTY, E_SOURCE_UNREADABLE, E_SOURCE_NOT_VIDEO, E_SOURCE_AUDIO_ONLY,
 *   E_SOURCE_TRUNCATED, E_FFMPEG_MISSING
 */
export async function probeFile(ffprobePath: string, path: string, signal?: AbortSignal, wholeFiles = false): Promise<unknown> {
  await checkReadable(path);
  const args = ["-v", "error", "-of", "json", "-show_format", "-show_streams", "-protocol_whitelist", "file", ...(wholeFiles ? ["-format_whitelist", WHOLE_FORMATS] : []), `file:${path}`];
  const { code, stdout, stderr } = await runShort(ffprobePath, args, signal);
  if (code !== 0) throw refusal(path, stderr, await looksLikeMp4(path));
  return JSON.parse(stdout);
}

async function checkReadable(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PipelineError("E_SOURCE_MISSING", `${path} was not found`, { cause });
  });
  if (found.isFile() && found.size === 0) throw new PipelineError("E_SOURCE_EMPTY", `${path} has 0 bytes`);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new PipelineError("E_SOURCE_UNREADABLE", `no permission to read ${path}`, { cause });
  });
}

/** Box types that begin an MP4 or QuickTime file (ISO/IEC 14496-12): FFmpeg goes by the name alone. */
const MP4_FIRST_BOXES = ["ftyp", "moov", "mdat", "free", "wide", "skip"];

async function looksLikeMp4(path: string): Promise<boolean> {
  await using file = await open(path, "r");
  const head = Buffer.alloc(8);
  await file.read(head, 0, head.length, 0);
  return MP4_FIRST_BOXES.includes(head.toString("latin1", 4, 8));
}

function refusal(path: string, stderr: string, isMp4: boolean): PipelineError {
  if (isMp4 && /moov atom not found/.test(stderr)) {
    return new PipelineError("E_SOURCE_TRUNCATED", `${path} ends before its index (moov atom), so no frame can be found`);
  }
  const last = stderr.trim().split("\n").pop() ?? "";
  const words = redactUrl(last).replace(`file:${path}: `, "");
  return new PipelineError("E_SOURCE_NOT_VIDEO", `${path}: ${words || "ffprobe gave no reason"}`);
}

/** Reads ffprobe's JSON. Pure; exported for its test. */
export function readProbe(path: string, json: unknown): Probe {
  const { format, streams } = Answer.parse(json);
  // The tty demuxer takes any text file for a film of letters.
  if (format.format_name === "tty") throw new PipelineError("E_SOURCE_NOT_VIDEO", `${path} is a text file`);
  const video = videoOf(streams);
  if (!video) {
    const sound = streams.some((stream) => stream.codec_type === "audio");
    if (sound) throw new PipelineError("E_SOURCE_AUDIO_ONLY", `${path} has only sound`);
    throw new PipelineError("E_SOURCE_NOT_VIDEO", `${path} has no video stream`);
  }
  const turned = rotationOf(video) % 180 === 90;
  const fps = rate(video.avg_frame_rate) ?? statedRate(video);
  const counted = Number(video.nb_frames);
  const seconds = Number(video.duration ?? format.duration);
  const estimated = fps !== null && seconds > 0 ? Math.round(fps * seconds) : null;
  return {
    codec: video.codec_name,
    ...shownSize(video, turned),
    pixelFormat: video.pix_fmt,
    colours: coloursOf(video),
    fps,
    expectedFrames: counted > 0 ? counted : estimated,
    countIsExact: counted > 0,
    hasBFrames: video.has_b_frames > 0,
  };
}

/** Reads the rest of ffprobe's JSON. Pure. */
export function readFacts(json: unknown): StreamFacts {
  const { format, streams } = Answer.parse(json);
  const video = videoOf(streams);
  return { profile: video?.profile ?? null, rotationDeg: video ? rotationOf(video) : 0, container: format.format_name || null };
}

function videoOf(streams: readonly Stream[]): Stream | undefined {
  return streams.find((stream) => stream.codec_type === "video" && stream.disposition?.attached_pic !== 1);
}

/** ffprobe counts counter-clockwise. */
function rotationOf({ side_data_list: sideData }: Stream): number {
  const rotation = sideData.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  return (((-rotation % 360) + 360) % 360);
}

function shownSize({ width, height }: Stream, turned: boolean): { widthPx: number; heightPx: number } {
  return turned ? { widthPx: height, heightPx: width } : { widthPx: width, heightPx: height };
}

/** The same from what FFmpeg's header has in brackets behind the pixel format: `tv, bt709, progressive`, `pc, bt470bg/unknown/unknown`. Pure. */
export function coloursOfHeader(pixelFormat: string, words: string): YuvColours {
  const range = /\b(tv|pc)\b/.exec(words)?.[1];
  const space = /\b(bt709|bt2020\w*)(?=\/|,|$)/.exec(words.replace(/\/[^,]*/g, ""))?.[1];
  return coloursOf({ pix_fmt: pixelFormat, color_range: range, color_space: space });
}

/**
 * What the planes mean. Unstated: limited range and BT.601, as FFmpeg takes it; RGB is brought to that by FFmpeg.
 */
function coloursOf({ pix_fmt: pixelFormat, color_range: range, color_space: space = "" }: Pick<Stream, "pix_fmt" | "color_range" | "color_space">): YuvColours {
  const isYuv = /^(yuv|nv|p0)/.test(pixelFormat);
  const isFull = isYuv && (range === "pc" || pixelFormat.startsWith("yuvj"));
  const matrix = isYuv && space === "bt709" ? "bt709" : isYuv && space.startsWith("bt2020") ? "bt2020" : "bt601";
  return { range: isFull ? "full" : "limited", matrix };
}

/** What a stream without an average (live, not watched for long) states. A time base is no rate: 90000 would be one. */
function statedRate({ r_frame_rate: fraction }: Stream): number | null {
  const stated = rate(fraction);
  return stated !== null && stated <= MOST_STATED_FPS ? stated : null;
}
const MOST_STATED_FPS = 240;

function rate(fraction: string): number | null {
  const [over = 0, under = 0] = fraction.split("/").map(Number);
  return over > 0 && under > 0 ? over / under : null;
}
