import type { ErrorCode } from "../core/errors.js";

/** How a live source goes on after an error: soon = backoff from its floor; slow = it takes a person to change something; never = it can't help. */
export type RetryClass = "soon" | "slow" | "never";

const CLASSES: Partial<Record<ErrorCode, RetryClass>> = {
  E_SOURCE_REFUSED: "soon",
  E_SOURCE_UNREACHABLE: "soon",
  E_SOURCE_TIMEOUT: "soon",
  E_SOURCE_STALLED: "soon",
  E_SOURCE_DISCONNECTED: "soon",
  E_SOURCE_NO_FRAMES: "soon",
  E_FFMPEG_ENDED: "soon",
  E_DEVICE: "soon",
  E_SOURCE_AUTH: "slow",
  E_SOURCE_NOT_FOUND: "slow",
  E_SOURCE_TLS: "slow",
  E_SOURCE_CODEC: "slow",
  E_SOURCE_AUDIO_ONLY: "slow",
  E_SOURCE_NOT_VIDEO: "slow",
};

/** The class of a code. */
export function retryOf(code: ErrorCode): RetryClass {
  return CLASSES[code] ?? "never";
}
