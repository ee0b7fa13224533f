import { PipelineError, type ErrorCode } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";

const TEXTS: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/Connection refused/i, "E_SOURCE_REFUSED", "nobody listens there (connection refused)"],
  [/401 Unauthorized|403 Forbidden|authorization failed|access denied/i, "E_SOURCE_AUTH", "user name or password are wrong"],
  [/404 Not Found/i, "E_SOURCE_NOT_FOUND", "the server knows no such stream (404)"],
  [/No route to host|Network is unreachable|resolve hostname|Name or service not known/i, "E_SOURCE_UNREACHABLE", "the host can't be reached"],
  [/timed out/i, "E_SOURCE_TIMEOUT", "the server did not answer in time"],
  [/certificate|TLS|SSL/i, "E_SOURCE_TLS", "the secure connection failed"],
  [/Decoder .* not found|Unsupported codec|unknown codec/i, "E_SOURCE_CODEC", "FFmpeg can't decode this kind of video"],
];

/** What FFmpeg's words mean for a source of this (harmless) name. Pure. */
export function explain(stderr: string, display: string): PipelineError {
  const found = TEXTS.find(([text]) => text.test(stderr));
  if (found) return new PipelineError(found[1], `${display}: ${found[2]}`);
  const last = redactUrl(stderr.trim().split("\n").pop() ?? "").trim();
  return new PipelineError("E_FFMPEG_ENDED", `${display}: ${last || "FFmpeg gave no reason"}`);
}
