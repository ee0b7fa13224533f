import { z } from "../core/schema.js";
import { PipelineError } from "../core/errors.js";
import type { YuvColours } from "../picture/index.js";
import { probeFile, readAddress, readProbe } from "../source/index.js";

/** A video file, as far as its frames and sound are to come out as they went in. */
export interface Clip {
  readonly path: string;
  /** As it is shown: rotation applied, px. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number | null;
  /** null when nothing says it. */
  readonly expectedFrames: number | null;
  /** Its length in its own time, ms; null when nothing says it. */
  readonly durationMs: number | null;
  /** Of its times, such as `1/12800`. */
  readonly timeBase: string;
  /** When the first of its streams begins, s; times are counted from there. */
  readonly startSeconds: number;
  /** The decoded planes: `yuvj420p` where they have the full range by name. */
  readonly pixelFormat: "yuv420p" | "yuvj420p";
  readonly colours: YuvColours;
  /** What it says of its colours, in FFmpeg's words, to be said of the output too. */
  readonly colourTags: Readonly<Record<string, string>>;
  /** Codecs of its sound tracks. */
  readonly sounds: readonly string[];
}

const Answer = z.object({
  format: z.object({ start_time: z.string().optional(), duration: z.string().optional() }),
  streams: z.array(
    z.object({
      codec_type: z.string().default(""),
      codec_name: z.string().default(""),
      pix_fmt: z.string().default(""),
      time_base: z.string().default(""),
      color_range: z.string().optional(),
      color_space: z.string().optional(),
      color_primaries: z.string().optional(),
      color_transfer: z.string().optional(),
    }),
  ),
});

/** Names that FFmpeg 5.1 to 8 take for what ffprobe says; others are left unsaid. */
const KNOWN_COLOURS = ["tv", "pc", "bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "fcc", "bt2020", "bt2020nc", "bt2020c", "smpte2084", "arib-std-b67", "iec61966-2-1", "linear"];

/**
 * Looks at a clip before anything is started.
 * @throws PipelineError E_USAGE when it is no file, and those of `probeFile` and `readProbe`
 */
export async function openClip(name: string, { ffmpegPath, ffprobePath }: { readonly ffmpegPath: string; readonly ffprobePath: string }, signal?: AbortSignal): Promise<Clip> {
  const address = await readAddress(name, ffmpegPath, signal);
  if (address.kind !== "file") throw new PipelineError("E_USAGE", `${name} is no video file; boxes are burnt into a file, so record the source first and render then`);
  const { path } = address;
  const json = await probeFile(ffprobePath, path, signal);
  const { widthPx, heightPx, fps, expectedFrames, colours } = readProbe(path, json);
  const { format, streams } = Answer.parse(json);
  const video = streams.find(({ codec_type: type }) => type === "video")!;
  const seconds = Number(format.duration);
  return {
    path, widthPx, heightPx, fps, expectedFrames, colours,
    durationMs: seconds > 0 ? seconds * 1000 : null,
    timeBase: /^[1-9]\d*\/[1-9]\d*$/.test(video.time_base) ? video.time_base : "1/90000",
    startSeconds: Number(format.start_time ?? 0) || 0,
    pixelFormat: video.pix_fmt.startsWith("yuvj") ? "yuvj420p" : "yuv420p",
    colourTags: /^(yuv|nv|p0)/.test(video.pix_fmt) ? tagsOf(video) : {},
    sounds: streams.filter(({ codec_type: type }) => type === "audio").map(({ codec_name: codec }) => codec),
  };
}

function tagsOf(video: z.infer<typeof Answer>["streams"][number]): Record<string, string> {
  const said = { range: video.color_range, colorspace: video.color_space, color_primaries: video.color_primaries, color_trc: video.color_transfer };
  return Object.fromEntries(Object.entries(said).filter((one): one is [string, string] => one[1] !== undefined && KNOWN_COLOURS.includes(one[1])));
}
