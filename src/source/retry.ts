import type { ErrorCode } from "../core/errors.js";

/** How a live source goes on after an error: soon = backoff from its floor, slow = only now and then, for it takes a person to change something; never = it can't help. */
export type RetryClass = "soon" | "slow" | "never";

const SOON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "E_SOURCE_REFUSED", "E_SOURCE_UNREACHABLE", "E_SOURCE_TIMEOUT", "E_SOURCE_STALLED", "E_SOURCE_DISCONNECTED", "E_SOURCE_NO_FRAMES",
  "E_FFMPEG_ENDED", "E_DEVICE", "E_HWACCEL",
]);
const SLOW: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "E_SOURCE_AUTH", "E_SOURCE_NOT_FOUND", "E_SOURCE_TLS", "E_SOURCE_CODEC", "E_SOURCE_AUDIO_ONLY", "E_SOURCE_NOT_VIDEO", "E_SOURCE_UNREADABLE", "E_SOURCE_SIZE",
]);

/** The class of a code. What is neither a source's passing trouble nor its wrong setting is never retried. */
export function retryOf(code: ErrorCode): RetryClass {
  if (SOON.has(code)) return "soon";
  return SLOW.has(code) ? "slow" : "never";
}
