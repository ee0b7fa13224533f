import type { DecodeMode } from "./frame-kinds.js";
import type { DeviceAddress } from "./device-address.js";
import type { SourceAddress } from "./address.js";
import type { NetworkAddress } from "./network-address.js";
import { SCHEMES, SHORT_LOOK } from "./schemes.js";

/** Ways to decode on a graphics processor, by FFmpeg's names. */
export type HardwareDecoding = "none" | "auto" | "vaapi" | "cuda" | "videotoolbox" | "qsv";

/** How a source is read. What is left out is as in `INPUT_DEFAULTS`. */
export interface InputSettings {
  /** Files and standard input: at their own pace, as a camera would deliver them. */
  readonly realtime?: boolean;
  /** Files: again and again. */
  readonly loop?: boolean;
  readonly rtspTransport?: "tcp" | "udp";
  readonly hwaccel?: HardwareDecoding;
  /** Which frames are decoded. */
  readonly mode?: DecodeMode;
  /** Longest silence of a network source that FFmpeg itself bears, ms. More than our own limits: it is for an FFmpeg that has outlived us. */
  readonly ioTimeoutMs?: number;
  /** What a probe found, e.g. `h264`: some ways of reading depend on it. null = not known yet. */
  readonly codec?: string | null;
  /** Files: opened only as one of the formats that hold what they show, never as a list that leads to other files. */
  readonly wholeFiles?: boolean;
}

/** FFmpeg's input side. */
export interface InputPlan {
  /** What follows `-i`. */
  readonly input: string;
  /** What stands before `-i`. */
  readonly options: readonly string[];
  /** pipe: FFmpeg reads `stdinText`, or where there is none the bytes of our own standard input. */
  readonly stdin: "ignore" | "pipe";
  /** To be written whole, then closed. Holds secrets; it never becomes an argument, which every user of the machine could read. */
  readonly stdinText?: string;
  /** Where `stdinText` is read instead, when standard input is for commands. */
  readonly scriptFd?: number;
  /** Added to our own environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

const INPUT_DEFAULTS = { realtime: false, loop: false, rtspTransport: "tcp", hwaccel: "none", mode: "all", ioTimeoutMs: 30_000, codec: null, wholeFiles: false } as const satisfies InputSettings;
type Wanted = Required<InputSettings>;

/**
 * FFmpeg's arguments for a source, closed: schemes, protocols and options come from our own tables, from outside only
 * values that were checked. Pure. Pictures and the numbered source are not FFmpeg's business.
 * scriptFd   where an address of the network goes in, when standard input is for commands
 */
export function inputPlan(address: SourceAddress, settings: InputSettings, scriptFd?: number): InputPlan {
  const wanted: Wanted = { ...INPUT_DEFAULTS, ...settings };
  const { input, options, ...rest } = demuxing(address, wanted, scriptFd);
  return { input, options: [...hardwareOptions(wanted), ...decoderOptions(address, wanted), ...pace(address, wanted), ...options], ...rest };
}

/** The same for ffprobe, which knows neither pace nor decoders. */
export function probePlan(address: SourceAddress, settings: InputSettings): InputPlan {
  return demuxing(address, { ...INPUT_DEFAULTS, ...settings });
}

/** FFmpeg's names of the containers, and of bare streams, that hold everything themselves. */
export const WHOLE_FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,nut,ivf,h264,hevc,av1,obu,mjpeg,mpjpeg,m4v,dv,gif,yuv4mpegpipe";

function demuxing(address: SourceAddress, wanted: Wanted, scriptFd?: number): InputPlan {
  switch (address.kind) {
    case "file":
      return { input: `file:${address.path}`, options: ["-protocol_whitelist", "file", ...(wanted.wholeFiles ? ["-format_whitelist", WHOLE_FORMATS] : [])], stdin: "ignore" };
    case "stdin":
      return { input: "pipe:0", options: ["-protocol_whitelist", "pipe"], stdin: "pipe" };
    case "pattern":
      return { input: address.name, options: ["-f", "lavfi"], stdin: "ignore" };
    case "device":
      return deviceInput(address);
    case "network":
      return networkInput(address, wanted, scriptFd);
    case "images":
    case "numbered":
      throw new TypeError(`${address.kind} is not read by FFmpeg`);
  }
}

/** FLV over HTTP is what RTMP carries. */
const FLV_PATH = /^[^?#]*\.flv(?:[?#]|$)/i;

/**
 * What may be opened through our proxy. No `httpproxy`, which a playlist could name and lead past ours, and no TLS: the proxy
 * speaks it. The proxy is set in the environment, since that holds for whatever a playlist opens too, and `no_proxy` is
 * emptied, which would make exceptions. With guarded RTSP datagrams are out: the server says where they go.
 */
const PROXIED_PROTOCOLS = ["http", "tcp", "crypto"];

/**
 * The address goes in by a script, on standard input or on a pipe of its own where that one is for commands: an argument
 * could be read by everybody at the machine, and the script's `option` lines (FFmpeg 5.0 and newer) reach the demuxer behind
 * it. Frames arrive as without it; PTS start near 0.
 * `auto_convert 0`: there is nothing to make alike. `fpsprobesize 0`: else FFmpeg watches 20 frames to guess a rate that
 * nobody needs, 1.4 s at 15 fps. Not `-fflags nobuffer`: it throws away what was read while looking, so the first
 * frame comes a key frame later; and since we always read, nothing stays buffered anyway.
 */
function networkInput({ scheme, url, guard }: NetworkAddress, wanted: Wanted, scriptFd?: number): InputPlan {
  const known = SCHEMES[scheme];
  if (known === undefined) throw new TypeError(`${scheme} is not in the table of schemes`);
  const options = {
    ...known.options({ timeoutUs: wanted.ioTimeoutMs * 1000, rtspTransport: guard ? "tcp" : wanted.rtspTransport }),
    fpsprobesize: "0",
    ...(known.protocols.includes("http") && FLV_PATH.test(url) ? SHORT_LOOK : {}),
    // Multipart JPEG has no times of its own; FFmpeg would count 25 a second.
    ...(known.protocols.includes("http") && wanted.codec === "mjpeg" ? { use_wallclock_as_timestamps: "1" } : {}),
  };
  const lines = ["ffconcat version 1.0", `file ${quoted(url)}`, ...Object.entries(options).map(([name, value]) => `option ${name} ${quoted(value)}`)];
  // FFmpeg heeds no commands while an input's name begins with `pipe:`.
  const [input, ways] = scriptFd === undefined ? ["pipe:0", ["pipe"]] : [`async:pipe:${scriptFd}`, ["async", "pipe"]];
  return {
    input,
    options: ["-f", "concat", "-safe", "0", "-auto_convert", "0", "-fpsprobesize", "0", "-protocol_whitelist", [...ways, ...(guard?.proxy ? PROXIED_PROTOCOLS : known.protocols)].join(",")],
    stdin: "pipe",
    ...(guard?.proxy && { environment: { http_proxy: guard.proxy, no_proxy: "" } }),
    stdinText: `${lines.join("\n")}\n`,
    ...(scriptFd !== undefined && { scriptFd }),
  };
}

/** FFmpeg's quoting: everything between apostrophes is taken as it is, and there is no way to write one inside. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Formats that a camera delivers compressed: a codec, not a pixel format. */
const CAMERA_CODECS = ["mjpeg", "h264", "hevc"];

function deviceInput({ system, device, wish }: DeviceAddress): InputPlan {
  const { widthPx, heightPx, rateFps, format } = wish;
  const size = widthPx === undefined ? [] : ["-video_size", `${widthPx}x${heightPx}`];
  const rate = rateFps === undefined ? [] : ["-framerate", String(rateFps)];
  const plan = (input: string, ...options: readonly string[]): InputPlan => ({ input, options: ["-f", system, ...options, ...size], stdin: "ignore" });
  switch (system) {
    case "v4l2":
      return plan(device, ...rate, ...(format === undefined ? [] : ["-input_format", format]));
    case "avfoundation":
      // Its own default of 29.97 is refused by most cameras.
      return plan(`${device}:none`, ...(rate.length > 0 ? rate : ["-framerate", "30"]), ...(format === undefined ? [] : ["-pixel_format", format]));
    case "dshow":
      return plan(`video=${device}`, ...rate, "-rtbufsize", "64M", ...(format === undefined ? [] : [CAMERA_CODECS.includes(format) ? "-vcodec" : "-pixel_format", format]));
  }
}

/** Frames are handed over when they are decoded, not when the next one has come. */
function decoderOptions({ kind }: SourceAddress, { mode }: Wanted): string[] {
  const isLive = kind === "network" || kind === "device";
  return [...(isLive ? ["-flags", "low_delay"] : []), ...(mode === "all" ? [] : ["-skip_frame", mode === "keys" ? "nokey" : "noref"])];
}

function pace({ kind }: SourceAddress, { realtime, loop }: Wanted): string[] {
  if (kind === "pattern") return ["-re"];
  if (kind !== "file" && kind !== "stdin") return [];
  return [...(realtime ? ["-re"] : []), ...(loop && kind === "file" ? ["-stream_loop", "-1"] : [])];
}

/** Codecs that Quick Sync decodes; it has decoders of its own, the others hook into FFmpeg's. */
const QSV_CODECS = ["h264", "hevc", "mpeg2video", "vc1", "vp8", "vp9", "av1", "mjpeg"];

/** Frames come back to memory by themselves, but for qsv, where they would stay on the device unless another format is asked for. */
function hardwareOptions({ hwaccel, codec }: Wanted): string[] {
  if (hwaccel === "none") return [];
  if (hwaccel !== "qsv") return ["-hwaccel", hwaccel];
  const decoder = codec !== null && QSV_CODECS.includes(codec) ? ["-c:v", `${codec}_qsv`] : [];
  return ["-hwaccel", "qsv", "-hwaccel_output_format", "nv12", ...decoder];
}
