import { PipelineError, type ErrorCode } from "../core/errors.js";
import { hideSecrets } from "../core/redact.js";
import { displayOf, type SourceAddress } from "./address.js";
import { secretsOf } from "./network-address.js";

/** One cause: what FFmpeg writes, and what it means. `words` may name groups of the match as $1. */
interface Cause {
  readonly when: RegExp;
  readonly code: ErrorCode;
  readonly words: string;
}

/**
 * FFmpeg's texts of 5.1 to 8, with GnuTLS, OpenSSL, Schannel and Secure Transport, on Linux, macOS and Windows (which knows
 * socket errors by number). The first that matches wins, so causes stand before what follows from them: almost every
 * failure ends with `Input/output error` or `Invalid data found`.
 */
const CAUSES: readonly Cause[] = [
  {
    when: /Device setup failed for decoder|No device available for decoder|Hardware device setup failed|Unrecognized hwaccel|hwaccel requested for input stream|Failed to transfer data to output frame|Error initializing an? (?:internal )?MFX session/i,
    code: "E_HWACCEL",
    words: "the graphics processor can't decode it here",
  },
  { when: /Protocol '(\w+)' not on whitelist/, code: "E_SOURCE_SCHEME", words: "it leads to an address with $1:, which may not be opened" },
  { when: /Failed to resolve hostname ([^\s:]+)|getaddrinfo\(/, code: "E_SOURCE_UNREACHABLE", words: "the name of the host is not known" },
  { when: /Connection refused|Error number -10061 occurred/i, code: "E_SOURCE_REFUSED", words: "the connection was refused: nothing listens there" },
  {
    when: /No route to host|Network is unreachable|Network is down|Host is down|Error number -100(?:50|51|64|65) occurred/i,
    code: "E_SOURCE_UNREACHABLE",
    words: "there is no route to the host",
  },
  { when: /(?:HTTP error|method \w+ failed:|Server returned) (401)\b/i, code: "E_SOURCE_AUTH", words: "user name or password is missing or wrong ($1)" },
  { when: /(?:HTTP error|method \w+ failed:|Server returned) (403|407)\b/i, code: "E_SOURCE_AUTH", words: "access is denied ($1)" },
  { when: /(?:HTTP error|method \w+ failed:|Server returned) (404|410)\b|StreamNotFound/i, code: "E_SOURCE_NOT_FOUND", words: "the server has no such stream ($1)" },
  { when: /(?:HTTP error|method \w+ failed:) ([45]\d\d)\b|Server returned ([45])XX/i, code: "E_SOURCE_REFUSED", words: "the server refused the request ($1)" },
  { when: /Connection timed out|Operation timed out|Error number -(?:138|110|10060) occurred/i, code: "E_SOURCE_TIMEOUT", words: "no answer came in time" },
  {
    when: /unexpected TLS packet|TLS fatal alert|SSL routines|certificate|negotiate TLS|TLS handshake|ssl_handshake|security context failed|SSLHandshake/i,
    code: "E_SOURCE_TLS",
    words: "no secure connection could be made: the server speaks no TLS there, or one that is not accepted",
  },
  {
    when: /Decoder \((?:codec )?([\w.-]+)\) not found|no decoder found for: ?([\w.-]+)|Unknown decoder '([^']+)'|Decoder not found|Unsupported codec/i,
    code: "E_SOURCE_CODEC",
    words: "its codec ($1) can't be decoded by this FFmpeg",
  },
  { when: /Audio:[^]*matches no streams|matches no streams[^]*Audio:/i, code: "E_SOURCE_AUDIO_ONLY", words: "it has sound but no video" },
  { when: /matches no streams|does not contain any stream/i, code: "E_SOURCE_NOT_VIDEO", words: "it has no video stream" },
  { when: /Device or resource busy|Resource busy/i, code: "E_DEVICE", words: "the camera is in use by another program" },
  { when: /Cannot open video device [^\n]*(?:No such file|No such device)|video device not found|Could not find video device|Invalid device index/i, code: "E_DEVICE", words: "there is no such camera" },
  { when: /Unknown input format: '(?:v4l2|video4linux2|avfoundation|dshow)'/i, code: "E_DEVICE", words: "this FFmpeg was built without cameras" },
  { when: /Cannot open video device [^\n]*Permission denied|not authorized/i, code: "E_DEVICE", words: "there is no permission to use the camera" },
  {
    when: /ioctl\(VIDIOC_QUERYCAP\)|Not a video capture device/i,
    code: "E_DEVICE",
    words: "it is no camera",
  },
  {
    when: /Selected (?:framerate|video size|pixel format)[^\n]*not supported|Could not set video options|cannot (?:find|set) [^\n]*(?:pixel format|frame size)|does not support/i,
    code: "E_DEVICE",
    words: "the camera has no such size, rate or format; see: sightline devices",
  },
  { when: /Connection reset|Broken pipe|Software caused connection abort|non-properly terminated|End of file|Error number -100(?:53|54) occurred/i, code: "E_SOURCE_DISCONNECTED", words: "the other side ended the connection" },
  { when: /Could not find codec parameters[^\n]*\((Video: [^)]*)\)[^\n]*unspecified size/i, code: "E_SOURCE_NO_FRAMES", words: "not one whole picture came" },
];

/** Said by FFmpeg for whatever is not what it expects; what that means depends on the source. */
const INVALID = /Invalid data found|moov atom not found|could not find codec parameters|Protocol not found/i;

/**
 * Why FFmpeg or ffprobe ended, in our words, from what it wrote to stderr. Pure. Holds no secrets of the address, in whatever
 * form FFmpeg repeats them.
 */
export function explain(stderr: string, address: SourceAddress): PipelineError {
  const name = displayOf(address);
  for (const { when, code, words } of CAUSES) {
    const match = when.exec(stderr);
    if (match) return new PipelineError(code, `${name}: ${filled(words, match)}`);
  }
  const last = lastLine(stderr, address);
  const { code, words } = otherCause(stderr, address);
  return new PipelineError(code, `${name}: ${words}${last === "" || code === "E_SOURCE_TIMEOUT" ? "" : ` (FFmpeg: ${last})`}`);
}

function otherCause(stderr: string, address: SourceAddress): { code: ErrorCode; words: string } {
  const isInvalid = INVALID.test(stderr);
  if (address.kind === "device") return { code: "E_DEVICE", words: "the camera can't be read" };
  if (address.kind === "network") {
    // FFmpeg says the same whether nothing came at all or something else than RTSP.
    if (isInvalid && address.scheme.startsWith("rtsp")) return { code: "E_SOURCE_TIMEOUT", words: "the server accepted the connection, but no RTSP answer came" };
    // SRT and UDP have no connection to refuse; FFmpeg's limit ends them with this.
    if (/Input\/output error/i.test(stderr) && (address.scheme === "srt" || address.scheme === "udp")) return { code: "E_SOURCE_TIMEOUT", words: "nothing came in time" };
    // Where a server ends its answer by closing, FFmpeg tells the end of a short one as a failed read.
    const isShort = /Impossible to open[^\n]*\n[^\n]*Input\/output error/i.test(stderr);
    if ((isInvalid || isShort) && address.scheme.startsWith("http")) {
      return { code: "E_SOURCE_NOT_VIDEO", words: "the server answers, but what it sends is no video that FFmpeg knows; if it is a web page, give the address of the stream itself" };
    }
    if (stderr.trim() === "") return { code: "E_SOURCE_DISCONNECTED", words: "the other side ended the stream" };
  }
  if (isInvalid) return { code: "E_SOURCE_NOT_VIDEO", words: "it is no video that FFmpeg knows" };
  return { code: "E_FFMPEG_ENDED", words: "FFmpeg could not go on" };
}

function filled(words: string, match: RegExpExecArray): string {
  const found = match.slice(1).find((group) => group !== undefined);
  return found === undefined ? words.replace(" ($1)", "").replace("$1:", "another scheme") : words.replace("$1", found);
}

const PREFIXES = /^(?:\[[^\]]* @ 0x[0-9a-f]+\] )*(?:\[(?:panic|fatal|error|warning|info)\] )?/;

/** The last line, without FFmpeg's prefixes. */
function lastLine(stderr: string, address: SourceAddress): string {
  const line = (stderr.trim().split("\n").pop() ?? "").replace(PREFIXES, "").replace(/^pipe:0: /, "").slice(0, 300);
  return hideSecrets(line, address.kind === "network" ? secretsOf(address) : []);
}

const HW_FALLBACK = [
  // The processor or its driver is there, but not for this stream: FFmpeg goes on in software.
  /Failed setup for format \w+: hwaccel initialisation returned error/i,
  /Auto hwaccel disabled: no device found/i,
  /Failed to get HW surface format/i,
  /No support for codec \w+ profile/i,
  /hwaccel initiali[sz]ation (?:returned error|failed)/i,
  /using software decoder/i,
] as const;

/** Whether a line of FFmpeg's stderr says that it decodes in software although a graphics processor was asked for. */
export function readsAsHwFallback(line: string): boolean {
  return HW_FALLBACK.some((pattern) => pattern.test(line));
}
