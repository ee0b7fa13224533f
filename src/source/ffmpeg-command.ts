import { rowsOf, type Letterbox, type LetterboxRule, type PixelForm } from "../model/index.js";
import type { YuvColours } from "../picture/index.js";
import { composeArguments } from "./compose.js";
import type { InputPlan } from "./input.js";
import { rateGate, watchGate, type Wish } from "./thinning.js";

/** What FFmpeg is to do with one source. */
export interface CommandOptions {
  readonly plan: InputPlan;
  /** Decoder threads; 0 = FFmpeg's own choice. */
  readonly decodeThreads: number;
  readonly letterbox: LetterboxRule;
  /** Where a picture of the size that is expected lies in the model's input. Its rows are what is sent, if it is fitted. */
  readonly expected: Letterbox;
  /** fitted = scaled and padded here; source = the picture at its own size, for who fits it later. */
  readonly pixels: PixelForm;
  /** Only every n-th decoded frame is scaled and sent; 1 = each. */
  readonly everyNth: number;
  /** Whether it can be told other wishes while it runs: its standard input is free for them. Else it thins to no rate, and makes its pictures whether somebody watches or not. */
  readonly isTold: boolean;
  /** Pictures for people; null = none. */
  readonly picture: PictureCommand | null;
}

/** Size, rate and meaning of the pictures for people. */
export interface PictureCommand {
  /** Of every n-th frame that is sent. */
  readonly everyNth: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The source's own: they are passed on, since converting costs more than all the rest of an unwatched picture. */
  readonly colours: YuvColours;
  /** Whether the source's pixel format is one of FFmpeg's old full-range ones, `yuvj...`. */
  readonly isYuvj: boolean;
}

/** File descriptor of the picture stream in the child. Pixels go to 1, words to 2. */
const PICTURE_FD = 3;
/** Where it reads what else stands on standard input, when that is for commands. */
export const SCRIPT_FD = 4;

/**
 * Composes FFmpeg's arguments; the caller spawns. One decode feeds two outputs:
 *
 *   [0:v:0] ─ showinfo@all ─ every n-th ─ rate ─ split ─┬─ watch ─ every n-th ─ showinfo@seen ─ scale ─ yuv420p → fd 3   pictures for people
 *                                                       └─ showinfo@kept ─ scale ─ gbrp ─ pad ───────────────── → fd 1   the rows of the model's
 *                                                                                                                        input that hold the picture
 *
 * A showinfo writes each frame's count, PTS and size to stderr. What is left out, and a picture that nobody looks at, is
 * left out before it is scaled. The padding above and below the
 * picture is not sent: of a 16:9 picture in a square input that would be 44 of 100 bytes. A frame of another size than
 * the expected one is fitted into the same rows (see the model room's `letterboxWithin`), so that all frames have as
 * many bytes. For pixels of the source, the last branch only converts to bgr24.
 */
export function ffmpegArguments(options: CommandOptions, wish: Wish): string[] {
  const { plan, isTold } = options;
  const inputOptions = [
    "-hide_banner", ...(isTold ? [] : ["-nostdin"]), "-nostats", "-loglevel", "level+info",
    "-threads", String(options.decodeThreads),
    ...plan.options,
  ];
  return composeArguments({
    inputs: [{ input: plan.input, options: inputOptions }],
    filterGraph: filterGraph(options, wish),
    outputs: [
      { output: "pipe:1", options: ["-map", "[px]", ...RAW_OUTPUT] },
      ...(options.picture ? [{ output: `pipe:${PICTURE_FD}`, options: ["-map", "[pv]", ...RAW_OUTPUT] }] : []),
    ],
  });
}

/** A clip that is looked at again. */
export interface ClipCommand {
  readonly plan: InputPlan;
  readonly decodeThreads: number;
  /** Media time of the first frame that is wanted, ms; null = from the begin. */
  readonly fromMs: number | null;
  readonly picture: Omit<PictureCommand, "everyNth">;
}

/**
 * Arguments that give every frame of a clip from a time on as a picture for people on fd 1, with showinfo's lines on fd 2.
 * Media times are the same as in a run from the begin: copyts keeps the seek from moving them, start_at_zero takes away the
 * container's start, as a run does.
 */
export function clipArguments({ plan, decodeThreads, fromMs, picture }: ClipCommand): string[] {
  const seek = fromMs === null ? [] : ["-ss", (fromMs / 1000).toFixed(6), "-copyts", "-start_at_zero"];
  const inputOptions = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", "-threads", String(decodeThreads), ...seek, ...plan.options];
  return composeArguments({
    inputs: [{ input: plan.input, options: inputOptions }],
    filterGraph: [`[0:v:0]${showinfo()},${pictureFilters(picture)}[pv]`],
    outputs: [{ output: "pipe:1", options: ["-map", "[pv]", ...RAW_OUTPUT] }],
  });
}

/**
 * passthrough: every decoded frame exactly once, none repeated to keep a rate, none dropped. One thread: slices of a small
 * picture cost more than they save, and the raw "encoder" would hold back a frame for each further thread of its own.
 * Flush: else a frame's last 32 KiB would wait in FFmpeg for the next frame.
 */
const RAW_OUTPUT = ["-fps_mode", "passthrough", "-filter_complex_threads", "1", "-threads", "1", "-flush_packets", "1", "-f", "rawvideo"];

/**
 * Bicubic brightness, bilinear colour: detections nearest to the reference's, at bicubic's price. `area`, `bilinear` and
 * `fast_bilinear` are up to a tenth cheaper, but lose weak detections of small objects. accurate_rnd and full_chroma_int change
 * no pixel of planes. The table: src/model/README.md.
 */
const SCALER = "bicublin";

function filterGraph(options: CommandOptions, wish: Wish): string[] {
  const { everyNth, picture, isTold, pixels: form } = options;
  const pixels = form === "source" ? wholeFilters(options) : fittedFilters(options);
  const thinned = [...(everyNth === 1 ? [] : [everyNthFrame(everyNth)]), ...(isTold ? [rateGate(wish.maxFps)] : [])];
  if (thinned.length === 0 && !picture) return [`[0:v:0]${showinfo()},${pixels}[px]`];
  const head = [`[0:v:0]${showinfo("all")}`, ...thinned].join(",");
  if (!picture) return [`${head},${showinfo("kept")},${pixels}[px]`];
  const seen = [...(isTold ? [watchGate(wish.watched)] : []), ...(picture.everyNth === 1 ? [] : [everyNthFrame(picture.everyNth)]), showinfo("seen"), pictureFilters(picture)];
  // The picture's branch first: then its line is there before the frame's own.
  return [`${head},split=2[b][a]`, `[b]${seen.join(",")}[pv]`, `[a]${showinfo("kept")},${pixels}[px]`];
}

const showinfo = (name?: "all" | "kept" | "seen"): string => `showinfo${name === undefined ? "" : `@${name}`}=checksum=0`;

/**
 * The pixels that `-pix_fmt bgr24` gives: FFmpeg has a converter of its own for that, with other roundings than the one to
 * planes. The size stands there for frames of another one: they have as many bytes then, and are told apart by their size.
 */
function wholeFilters({ expected: { sourceWidthPx, sourceHeightPx } }: CommandOptions): string {
  return `scale=w=${sourceWidthPx}:h=${sourceHeightPx}:flags=bicubic,format=bgr24`;
}

function fittedFilters({ letterbox, expected }: CommandOptions): string {
  const [w, h] = [expected.inputWidthPx, rowsOf(expected).heightPx];
  const isExpected = `eq(iw,${expected.sourceWidthPx})*eq(ih,${expected.sourceHeightPx})`;
  const sized = (side: "iw" | "ih", known: number): string => `if(${isExpected},${known},(${contentSize(side, w, h, letterbox)}))`;
  const scale = `scale=w='${sized("iw", expected.contentWidthPx)}':h='${sized("ih", expected.contentHeightPx)}':flags=${SCALER}`;
  return `${scale},format=gbrp${placed(letterbox, w, h)}`;
}

/** What makes the scaled picture as large as the input: a border, a cut, or nothing. */
function placed({ placement, padValue }: LetterboxRule, w: number, h: number): string {
  if (placement === "stretch") return "";
  if (placement === "centre-crop") return `,crop=w=${w}:h=${h}:x='${halfEven("(iw-ow)/2")}':y='${halfEven("(ih-oh)/2")}':exact=1`;
  const [x, y] = placement === "centre" ? ["floor((ow-iw)/2)", "floor((oh-ih)/2)"] : ["0", "0"];
  return `,pad=w=${w}:h=${h}:x='${x}':y='${y}':color=0x${padValue.toString(16).padStart(2, "0").repeat(3)}`;
}

const everyNthFrame = (n: number): string => `select='not(mod(n,${n}))'`;

/** Both ranges the same: a picture that is neither scaled nor of another format goes through untouched. */
function pictureFilters({ widthPx, heightPx, colours, isYuvj }: Omit<PictureCommand, "everyNth">): string {
  const scale = `scale=w=${widthPx}:h=${heightPx}:flags=fast_bilinear:in_range=${colours.range}:out_range=${colours.range}`;
  return `${scale},format=${isYuvj ? "yuvj420p" : "yuv420p"}`;
}

/**
 * The letterbox rule's content size as an FFmpeg expression over iw and ih, the same arithmetic as the model room's
 * `letterboxFor`.
 */
function contentSize(side: "iw" | "ih", w: number, h: number, { rounding, placement }: LetterboxRule): string {
  if (placement === "stretch") return String(side === "iw" ? w : h);
  const scaled = `${side}*${placement === "centre-crop" ? "max" : "min"}(${h}/ih,${w}/iw)`;
  if (rounding === "truncate") return `max(1,trunc(${scaled}))`;
  return `st(0,${scaled});max(1,${halfEven("ld(0)")})`;
}

/** Half to even: for x = n + 0.5, 2 * round(x / 2) is the even neighbour. */
const halfEven = (x: string): string => `if(eq(${x}-floor(${x}),0.5),2*round((${x})/2),round(${x}))`;
