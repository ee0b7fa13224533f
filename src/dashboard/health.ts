import type { StateRecord, StatsRecord } from "../wire/index.js";
import { durationWords } from "./words.js";

/** How a stream does, in words. */
export interface Health {
  readonly tone: "good" | "warn" | "bad" | "idle";
  /** One or two words, for a pill. */
  readonly word: string;
  /** Why, and what comes next; empty when all is well. */
  readonly detail: string;
  /** The code of the reason, if there is one. */
  readonly code: string;
}

/** What is known of a stream. Times are of one clock, ms. */
export interface StreamFacts {
  readonly connected: boolean;
  readonly stats: StatsRecord | undefined;
  readonly change: { readonly record: StateRecord; readonly receivedMs: number } | undefined;
  /** When its last frame record came; undefined = none since the page was connected. */
  readonly lastFrameMs: number | undefined;
  /** Median time from capture to screen of the newest shown frames, ms. */
  readonly delayMs: number | undefined;
}

/** A stream that claims to be live is stale when nothing came for so long, or for so many of its frames. */
const STALE_MS = 3000;
const STALE_FRAMES = 5;
/** Later than this a picture is not what happens now. */
export const BEHIND_MS = 1500;

const TONES: Readonly<Record<StatsRecord["state"], Health["tone"]>> = {
  connecting: "warn", live: "good", stalled: "warn", blocked: "warn", reconnecting: "bad", paused: "idle", ended: "idle", failed: "bad",
};

const EXPLANATIONS: Readonly<Record<StatsRecord["state"], string>> = {
  connecting: "Waiting for the first frame",
  live: "",
  stalled: "Connected, but the source is silent",
  blocked: "This machine is too busy to read the source",
  reconnecting: "The connection was lost",
  paused: "Paused by the operator",
  ended: "The source has ended",
  failed: "The stream could not go on",
};

/** Judges a stream at a moment of the clock. */
export function streamHealth({ connected, stats, change, lastFrameMs, delayMs }: StreamFacts, nowMs: number): Health {
  if (!connected) return { tone: "idle", word: "unknown", detail: "Not connected to sightline; this is the last picture", code: "" };
  const newer = change && (!stats || change.record.at >= stats.at);
  const state = newer ? change.record.state : (stats?.state ?? "connecting");
  if (state === "live") return liveHealth(stats, lastFrameMs, delayMs, nowMs);
  const reason = change?.record.state === state ? change.record : undefined;
  const message = withoutCountdown(reason?.message ?? stats?.error?.message ?? EXPLANATIONS[state]);
  const retry = reason && change ? retryWords(reason, nowMs - change.receivedMs) : "";
  return { tone: TONES[state], word: state, detail: [message, retry].filter(Boolean).join(". "), code: reason?.reason ?? stats?.error?.code ?? "" };
}

function liveHealth(stats: StatsRecord | undefined, lastFrameMs: number | undefined, delayMs: number | undefined, nowMs: number): Health {
  const fps = stats?.fps.out ?? 0;
  const limitMs = Math.max(STALE_MS, fps > 0 ? (STALE_FRAMES * 1000) / fps : 0);
  if (lastFrameMs !== undefined && nowMs - lastFrameMs > limitMs) {
    return { tone: "warn", word: "stale", detail: `No frame for ${durationWords(nowMs - lastFrameMs)}`, code: "" };
  }
  if (delayMs !== undefined && delayMs > BEHIND_MS) {
    return { tone: "warn", word: "behind", detail: `The picture is ${durationWords(delayMs)} old`, code: "" };
  }
  return { tone: "good", word: "live", detail: stats?.error?.message ?? "", code: stats?.error?.code ?? "" };
}

/** A message says how long the wait is that begins with it; the page counts down. */
const withoutCountdown = (message: string): string => message.replace(/; next try in [\d.]+ \w+$/, "");

function retryWords({ attempt, retryInMs }: StateRecord, agoMs: number): string {
  if (retryInMs === undefined) return "";
  const leftMs = retryInMs - agoMs;
  const which = attempt === undefined ? "Next try" : `Try ${attempt}`;
  return leftMs > 0 ? `${which} in ${Math.ceil(leftMs / 1000)} s` : `${which} is under way`;
}
