import ffmpeg from "fluent-ffmpeg";
import type { LetterboxRule } from "../model/index.js";
import type { InputPlan } from "./input.js";

/** What FFmpeg is to do with one source. */
export interface CommandOptions {
  /** What it reads, and how. */
  readonly input: InputPlan;
  /** Decoder threads; 0 = FFmpeg's own choice. */
  readonly decodeThreads: number;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  readonly letterbox: LetterboxRule;
  /** Pictures for people, every `everyNth` frame at this size; null = none. */
  readonly picture: { readonly everyNth: number; readonly widthPx: number; readonly heightPx: number } | null;
}

/** File descriptor of the picture stream in the child. Pixels go to 1, words to 2. */
const PICTURE_FD = 3;

/**
 * Composes FFmpeg's arguments; the caller spawns. One decode feeds two outputs:
 *
 *   [0:v:0] ─ showinfo ─ split ─┬─ scale ─ gbrp ─ pad ────────────── rawvideo → fd 1   every frame, the model's input
 *                               └─ every n-th ─ scale ─ yuv420p ──── rawvideo → fd 3   pictures for people
 *
 * showinfo writes each frame's count, PTS and size to stderr before anything is scaled. Geometry is given as
 * expressions, so that a picture that changes its size in mid-stream is still letterboxed by the model's rule.
 */
export function ffmpegArguments(options: CommandOptions): string[] {
  const inputOptions = [
    "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info",
    "-threads", String(options.decodeThreads),
    ...options.input.options,
  ];
  const command = ffmpeg()
    .input(options.input.input)
    .inputOptions(inputOptions)
    .complexFilter(filterGraph(options))
    .output("pipe:1")
    .outputOptions(["-map", "[px]", ...RAW_OUTPUT]);
  if (options.picture) command.output(`pipe:${PICTURE_FD}`).outputOptions(["-map", "[pv]", ...RAW_OUTPUT]);
  return argumentsOf(command);
}

/**
 * passthrough: every decoded frame exactly once, none repeated to keep a rate, none dropped. One thread: slices of a small
 * picture cost more than they save. Flush: else a frame's last 32 KiB would wait in FFmpeg for the next frame.
 */
const RAW_OUTPUT = ["-fps_mode", "passthrough", "-filter_complex_threads", "1", "-flush_packets", "1", "-f", "rawvideo"];

/** fluent-ffmpeg composes, but does not run: its runner can't give a child more pipes, and probes capabilities first. */
function argumentsOf(command: ffmpeg.FfmpegCommand): string[] {
  const composer = command as unknown as { _getArguments(): string[] };
  return composer._getArguments();
}

function filterGraph({ inputWidthPx: w, inputHeightPx: h, letterbox, picture }: CommandOptions): string[] {
  const scale = `scale=w='${contentSize("iw", w, h, letterbox)}':h='${contentSize("ih", w, h, letterbox)}'`;
  const [x, y] = letterbox.placement === "centre" ? ["floor((ow-iw)/2)", "floor((oh-ih)/2)"] : ["0", "0"];
  const grey = letterbox.padValue.toString(16).padStart(2, "0").repeat(3);
  const pixels = `${scale},format=gbrp,pad=w=${w}:h=${h}:x='${x}':y='${y}':color=0x${grey}`;
  const head = "[0:v:0]showinfo=checksum=0";
  if (!picture) return [`${head},${pixels}[px]`];
  const toPicture = `scale=w=${picture.widthPx}:h=${picture.heightPx}:flags=fast_bilinear:out_range=full:out_color_matrix=bt601`;
  return [
    `${head},split=2[a][b]`,
    `[a]${pixels}[px]`,
    `[b]select='not(mod(n,${picture.everyNth}))',${toPicture},format=yuv420p[pv]`,
  ];
}

/**
 * The letterbox rule's content size as an FFmpeg expression over iw and ih, the same arithmetic as the model room's
 * `letterboxFor`. Half to even: for x = n + 0.5, 2 * round(x / 2) is the even neighbour.
 */
function contentSize(side: "iw" | "ih", w: number, h: number, { rounding }: LetterboxRule): string {
  const scaled = `${side}*min(${h}/ih,${w}/iw)`;
  if (rounding === "truncate") return `max(1,trunc(${scaled}))`;
  return `st(0,${scaled});max(1,if(eq(ld(0)-floor(ld(0)),0.5),2*round(ld(0)/2),round(ld(0))))`;
}
